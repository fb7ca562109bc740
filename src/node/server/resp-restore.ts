/** RESTORE: a value that DUMP of a Redis server has given. */
import { KV_TYPE } from '../../wire/apps/kv-collections.ts';
import { KV_OP, PUT_FLAG, VALUE_BYTES_MAX } from '../../wire/apps/kvstore.ts';
import { decodeDump } from '../../wire/dialects/redis-dump.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import {
  addField,
  encoder,
  integerOf,
  KEY_TOO_LONG,
  keyTooLong,
  SYNTAX,
} from './resp-arguments.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';

const BAD_CHECKSUM = new RespError('ERR DUMP payload version or checksum are wrong');
const BAD_FORMAT = new RespError('ERR Bad data format');
const BAD_TTL = new RespError('ERR Invalid TTL value, must be >= 0');
const TOO_LONG = new RespError(`ERR value is longer than ${VALUE_BYTES_MAX} bytes`);

export interface RestoreInit {
  readonly ttlMs: number;
  readonly replace: boolean;
  /** `ttlMs` counts from 1970. */
  readonly absolute: boolean;
}

export const RESTORE: RespCommand = {
  name: 'RESTORE',
  arity: -4,
  kind: 'write',
  flags: ['write', 'denyoom'],
  keys: [1, 1, 1],
  run(session, request) {
    const init = optionsOf(request);
    if (init instanceof RespError) return init;
    const refusal = encodeRestore(request, init);
    if (refusal !== null) return refusal;
    session.propose(encoder.view());
    return STARTED;
  },
};

function optionsOf(request: RespRequest): RestoreInit | RespError {
  let replace = false;
  let absolute = false;
  let used = false;
  for (let i = 4; i < request.argCount; i += 1) {
    const option = request.arg(i).toUpperCase();
    if (option === 'REPLACE') replace = true;
    else if (option === 'ABSTTL') absolute = true;
    // When or how often a key was used is of no use here; Redis takes one of them.
    else if (!used && (option === 'IDLETIME' || option === 'FREQ') && i + 1 < request.argCount) {
      used = true;
      i += 1;
    } else return SYNTAX;
  }
  const ttlMs = integerOf(request, 2);
  if (typeof ttlMs !== 'number') return ttlMs;
  return ttlMs < 0 ? BAD_TTL : { ttlMs, replace, absolute };
}

/** Puts the command into the encoder. @returns the refusal, when there is one. */
export function encodeRestore(request: RespRequest, init: RestoreInit): RespError | null {
  if (keyTooLong(request, 1)) return KEY_TOO_LONG;
  const payload = request.bytes.subarray(request.starts[3], request.ends[3]);
  const value = decodeDump(payload);
  if (value === 'checksum') return BAD_CHECKSUM;
  if (value === 'format') return BAD_FORMAT;
  const { type, body } = value;
  if (type === KV_TYPE.string && body.length > VALUE_BYTES_MAX) return TOO_LONG;
  const { ttlMs, replace, absolute } = init;
  const timed = absolute ? PUT_FLAG.deadline : PUT_FLAG.ttl;
  encoder.begin(KV_OP.put);
  encoder.flags((replace ? PUT_FLAG.replace : 0) | (ttlMs > 0 ? timed : 0));
  if (ttlMs > 0) encoder.number(ttlMs);
  addField(request, 1);
  encoder.flags(type);
  encoder.rest(body, 0, body.length);
  return null;
}
