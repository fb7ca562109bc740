/** hraftd's fork: what RESTORE is given, and the commands on collections as they are in the log. */
import { isDeepStrictEqual } from 'node:util';
import {
  canonicalText,
  decodeCollection,
  encodeCollection,
} from '../../dist/node/apps/collections.js';
import { KvStore } from '../../dist/node/apps/kvstore.js';
import { crc64 } from '../../dist/std/crc64.js';
import { KV_TYPE, PartsWriter } from '../../dist/wire/apps/kv-collections.js';
import { KvEncoder } from '../../dist/wire/apps/kv-encoder.js';
import { KV_CHANGES, KV_OP, KvTrial } from '../../dist/wire/apps/kvstore.js';
import { expandLzf } from '../../dist/wire/dialects/lzf.js';
import { decodeDump } from '../../dist/wire/dialects/redis-dump.js';

const DUMP_VERSION = 6;
/** Values as DUMP gives them, without version and checksum, in hexadecimal. */
const DUMPED = [
  '00c00a',
  '0a17170000001200000003000c0010004c0020004c003000ff',
  '0201610162',
  '0101 6101 c005',
  '04 02 0166 0176 0167 0177',
  '03 03 0161 03 312e35 0162 fe 0163 ff',
  '0b0c02000000020000000100ffff',
  '09 0c 02 0161 01 00 62 0163 01 00 64 ff',
  '00 c3 09 05 01 6162 20 01 0063',
].map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const STORE_LIFE = 1000;
const KEYS = ['k', 's', 'z', ''];
const MEMBERS = ['a', 'b', '', '1'];
const SCORES = [0, 1, -1, 2.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** With a right checksum: what is wrong inside must be found by itself. */
function sealed(value) {
  const payload = Buffer.alloc(value.length + 10);
  value.copy(payload);
  payload.writeUInt16LE(DUMP_VERSION, value.length);
  payload.writeBigUInt64LE(crc64(payload.subarray(0, value.length + 2)), value.length + 2);
  return payload;
}

export function redisDecoders(inputs) {
  const encoder = new KvEncoder();
  let store = new KvStore();
  let index = 0;

  return {
    'redis-dump': () => {
      const isKnown = inputs.below(2) === 0;
      const type = Buffer.from([inputs.below(20)]);
      const value = isKnown
        ? inputs.damaged(inputs.pick(DUMPED))
        : Buffer.concat([type, inputs.bytes(40)]);
      const found = decodeDump(inputs.below(16) === 0 ? value : sealed(value));
      if (typeof found === 'string' || found.type === KV_TYPE.string) return;
      decodeCollection(found.type, found.body, 0, found.body.length);
    },
    'redis-lzf': () => {
      const length = inputs.below(64);
      const found = expandLzf(inputs.bytes(24), length);
      if (found !== null && found.length !== length) throw new Error('it has another length');
    },
    'kv-collections': () => {
      const type = inputs.below(6);
      const writer = new PartsWriter();
      for (let left = inputs.below(4); left > 0; left -= 1) {
        if (type === KV_TYPE.zset) writer.score(inputs.pick(SCORES));
        writer.text(inputs.text(8));
      }
      const bytes = inputs.damaged(Buffer.from(writer.view()));
      const found = decodeCollection(type, bytes, 0, bytes.length);
      if (found === null) return;
      const again = encodeCollection(found);
      const twice = decodeCollection(type, again, 0, again.length);
      if (canonicalText(twice) !== canonicalText(found)) throw new Error('it changes');
    },
    'kv-commands': () => {
      const command = inputs.damaged(collectionCommand(encoder, inputs));
      index += 1;
      if (index % STORE_LIFE === 0) store = new KvStore();
      const tried = store.query(new KvTrial(command));
      const answer = store.apply(command, 0, command.length, { index, term: 1, leaderTimeMs: 1 });
      const isMalformed = command.length < 2 || command[0] !== 1;
      if (tried !== KV_CHANGES && !isMalformed && !isDeepStrictEqual(tried, answer)) {
        throw new Error('it is answered otherwise than when it was tried');
      }
    },
  };
}

function collectionCommand(encoder, inputs) {
  const { sadd, srem, zadd, zrem, put, demo, fill } = KV_OP;
  const op = inputs.pick([sadd, sadd, srem, zadd, zadd, zrem, put, demo, fill]);
  encoder.begin(op);
  if (op === zadd || op === put) encoder.flags(inputs.pick([0, 0, 1, inputs.below(64)]));
  if (op === fill) for (let i = 0; i < 2; i += 1) encoder.number(inputs.below(20));
  else encoder.fieldText(inputs.pick(KEYS));
  if (op === put) encoder.flags(inputs.below(6));
  for (let left = inputs.below(4); left > 0; left -= 1) {
    if (op === zadd) encoder.number(inputs.pick(SCORES));
    encoder.fieldText(inputs.pick(MEMBERS));
  }
  return Buffer.from(encoder.view());
}
