/** The configuration files of raft-demo's clients, in TOML, keys in any case. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import toml from '@iarna/toml';
import { RaftctlError } from '../std/errors.ts';
import { oldAddress } from '../wire/older-systems.ts';

export interface DemoConfig {
  /** As they are written; and as they are dialled. */
  readonly svrIps: readonly string[];
  readonly addresses: readonly string[];
  /** Where answers by UDP are awaited; empty: on all interfaces. */
  readonly localip: string;
  /** Where connections come from, which is where servers send answers to; left out: anywhere. */
  readonly from?: string;
  /** Null: the file does not say, nor the next two. */
  readonly udpport: number | null;
  readonly thinkingTimeMsec: number | null;
  readonly mqueueSize: number | null;
}

/** @throws {RaftctlError} CONFIG_INVALID naming the file and the key. */
export async function readDemoConfig(path: string, cwd: string): Promise<DemoConfig> {
  const text = await readFile(resolve(cwd, path), 'utf8').catch((cause: unknown) => {
    throw invalid(path, 'it cannot be read', cause);
  });
  return parseDemoConfig(text, path);
}

/** @throws {RaftctlError} CONFIG_INVALID naming the file and the key. */
export function parseDemoConfig(text: string, path: string): DemoConfig {
  const values = new Map<string, unknown>();
  try {
    for (const [key, value] of Object.entries(toml.parse(text)))
      values.set(key.toLowerCase(), value);
  } catch (cause) {
    const [reason = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
    throw invalid(path, `it is no TOML: ${reason}`, cause);
  }
  const svrIps = listOf(values.get('svrips'), path);
  const rep = numberOf(values, 'rep', path);
  if (rep !== null && rep !== svrIps.length) {
    throw invalid(path, `rep is ${rep}, and svrIps names ${svrIps.length}`);
  }
  const localip = values.get('localip') ?? '';
  if (typeof localip !== 'string' || (localip !== '' && isIP(localip) === 0)) {
    throw invalid(path, `localip is no address: ${JSON.stringify(localip)}`);
  }
  return {
    ...{ svrIps, localip },
    addresses: svrIps.map((text) => {
      const address = oldAddress(text);
      if (address !== null) return address;
      throw invalid(path, `svrIps names ${JSON.stringify(text)}, which is not HOST:PORT`);
    }),
    udpport: numberOf(values, 'udpport', path),
    thinkingTimeMsec: numberOf(values, 'thinkingTimeMsec', path),
    mqueueSize: numberOf(values, 'mqueueSize', path),
  };
}

function listOf(value: unknown, path: string): readonly string[] {
  const isList = Array.isArray(value) && value.length > 0;
  if (isList && value.every((each) => typeof each === 'string')) return value;
  throw invalid(path, 'svrIps is not a list of HOST:PORT');
}

function numberOf(values: ReadonlyMap<string, unknown>, key: string, path: string): number | null {
  const value = values.get(key.toLowerCase());
  if (value === undefined) return null;
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (isWhole && (key !== 'udpport' || value <= 65_535)) return value;
  throw invalid(path, `${key} is ${JSON.stringify(value)}`);
}

function invalid(path: string, why: string, cause?: unknown): RaftctlError {
  return new RaftctlError('CONFIG_INVALID', {
    message: `Cannot use ${path}: ${why}`,
    hint: 'For example: rep = 1, svrIps = ["127.0.0.1:11000"], udpport = 15000',
    cause,
  });
}
