/** Arguments of RESP commands: checked, read as numbers and times, put into commands of the log. */
import { parseInt64 } from '../../wire/apps/int64.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KEY_BYTES_MAX, NOT_AN_INTEGER } from '../../wire/apps/kvstore.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import type { RespRequest } from './resp-session.ts';

export const KEY_TOO_LONG = new RespError(`ERR key is longer than ${KEY_BYTES_MAX} bytes`);
export const SYNTAX = new RespError('ERR syntax error');
export const NOT_INTEGER = new RespError(NOT_AN_INTEGER.text);

/** Proposals are copied, so one encoder serves every connection. */
export const encoder = new KvEncoder();

const INT64_MAX = 0x7fff_ffff_ffff_ffffn;
const INT64_MIN = -0x8000_0000_0000_0000n;

export function keyTooLong(request: RespRequest, index: number): boolean {
  return request.argSize(index) > KEY_BYTES_MAX;
}

export function addField(request: RespRequest, index: number): void {
  encoder.field(request.bytes, request.starts[index] as number, request.ends[index] as number);
}

export function addRest(request: RespRequest, index: number): void {
  encoder.rest(request.bytes, request.starts[index] as number, request.ends[index] as number);
}

/** @returns the arguments from `first` on as keys. */
export function keysFrom(request: RespRequest, first: number): string[] | RespError {
  const keys: string[] = [];
  for (let i = first; i < request.argCount; i += 1) {
    if (keyTooLong(request, i)) return KEY_TOO_LONG;
    keys.push(request.arg(i));
  }
  return keys;
}

export function wrongCount(name: string): RespError {
  return new RespError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
}

/** A 64-bit integer; one that no number holds exactly becomes the nearest that is exact. */
export function integerOf(request: RespRequest, index: number): number | RespError {
  if (request.argSize(index) > 20) return NOT_INTEGER;
  const value = parseInt64(request.arg(index));
  return value === null ? NOT_INTEGER : clamp(value);
}

/** Two of them, from `index` on. */
export function integersOf(
  request: RespRequest,
  index: number,
): readonly [number, number] | RespError {
  const x = integerOf(request, index);
  if (typeof x !== 'number') return x;
  const y = integerOf(request, index + 1);
  return typeof y === 'number' ? [x, y] : y;
}

export interface TimeForm {
  /** Of the command, for its error. */
  readonly name: string;
  readonly seconds: boolean;
  /** Since 1970, else from now. */
  readonly absolute: boolean;
  /** 0 and below are refused. */
  readonly positive: boolean;
}

/** A time in milliseconds, with Redis's checks that it and the deadline fit 64 bits. */
export function timeOf(request: RespRequest, index: number, form: TimeForm): number | RespError {
  if (request.argSize(index) > 20) return NOT_INTEGER;
  const value = parseInt64(request.arg(index));
  if (value === null) return NOT_INTEGER;
  const exactMs = BigInt(value) * (form.seconds ? 1000n : 1n);
  const baseMs = form.absolute ? 0n : BigInt(Date.now());
  const fits = exactMs >= INT64_MIN && exactMs <= INT64_MAX - baseMs;
  if (!fits || (form.positive && exactMs <= 0n)) {
    return new RespError(`ERR invalid expire time in '${form.name.toLowerCase()}' command`);
  }
  return clamp(exactMs);
}

function clamp(value: number | bigint): number {
  if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  if (value < Number.MIN_SAFE_INTEGER) return Number.MIN_SAFE_INTEGER;
  return Number(value);
}
