/** Answers `POST /v1/profile`: takes a profile of this process and sends it as it comes. */
import type { ServerResponse } from 'node:http';
import {
  isProfileKind,
  PROFILE_KINDS,
  PROFILE_MS_MAX,
  PROFILE_STARTED_HEADER,
} from '../../wire/profiles.ts';
import type { ProfileTaker } from './admin-contract.ts';
import { AdminRefusal, commonHeaders } from './admin-reply.ts';

const INTERVAL_US_DEFAULT = 1000;
const INTERVAL_US_MIN = 50;
const WARM_MS_MAX = 60_000;

/** @throws {AdminRefusal} when a parameter makes no sense, or a profile is being taken already. */
export async function answerWithProfile(
  response: ServerResponse,
  params: URLSearchParams,
  profiler: ProfileTaker,
): Promise<void> {
  const kind = params.get('kind') ?? '';
  if (!isProfileKind(kind)) throw badParameter('kind', kind, `one of ${PROFILE_KINDS.join(', ')}`);
  const wish = {
    kind,
    durationMs: numberOf(params, 'ms', { fallback: 5000, low: 1, high: PROFILE_MS_MAX }),
    startMonoMs: numberOf(params, 'at', { fallback: 0, low: 0, high: Number.MAX_SAFE_INTEGER }),
    warmMs: numberOf(params, 'warm', { fallback: 0, low: 0, high: WARM_MS_MAX }),
    intervalUs: numberOf(params, 'interval', {
      ...{ fallback: INTERVAL_US_DEFAULT, low: INTERVAL_US_MIN, high: 1_000_000 },
    }),
  };
  if (profiler.isBusy) {
    throw new AdminRefusal(409, {
      code: 'REQUEST_REFUSED',
      message: 'Cannot take a profile as one is being taken',
      hint: 'Wait until it is done',
    });
  }
  response.req.socket.setTimeout(0);
  response.shouldKeepAlive = false;
  await profiler.capture(wish, {
    started: (monoMs) => {
      response.writeHead(200, {
        ...commonHeaders('application/json; charset=utf-8'),
        [PROFILE_STARTED_HEADER]: String(monoMs),
      });
      response.flushHeaders();
    },
    write: (text) => response.write(text),
  });
  response.end();
}

interface Bounds {
  readonly fallback: number;
  readonly low: number;
  readonly high: number;
}

function numberOf(params: URLSearchParams, name: string, { fallback, low, high }: Bounds): number {
  const text = params.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= low && value <= high) return value;
  throw badParameter(name, text, `a number from ${low} to ${high}`);
}

function badParameter(name: string, value: string, expected: string): AdminRefusal {
  const shown = JSON.stringify(value.slice(0, 100));
  return new AdminRefusal(400, {
    code: 'USAGE',
    message: `Cannot read the parameter ${name} as it must be ${expected}: it is ${shown}`,
  });
}
