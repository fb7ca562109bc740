import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocBytes, type Bytes, bytesFrom, concatBytes } from '../../std/bytes.ts';
import { crc64 } from '../../std/crc64.ts';
import { KV_TYPE, readParts } from '../apps/kv-collections.ts';
import { expandLzf } from './lzf.ts';
import { decodeDump } from './redis-dump.ts';

/** A dump of version 6 with a right checksum. */
function dump(value: Bytes, version = 6): Bytes {
  const trailer = allocBytes(10);
  trailer.writeUInt16LE(version);
  const checked = concatBytes([value, trailer.subarray(0, 2)]);
  trailer.writeBigUInt64LE(crc64(checked), 2);
  return concatBytes([value, trailer]);
}

function texts(hex: string): readonly (string | number)[] {
  const value = decodeDump(dump(bytesFrom(hex.replaceAll(' ', ''), 'hex')));
  if (typeof value === 'string') return [value];
  const found: (string | number)[] = [value.type];
  const range = { start: 0, end: value.body.length, scored: value.type === KV_TYPE.zset };
  readParts(value.body, range, (text, score) => {
    found.push(text);
    if (range.scored) found.push(score);
  });
  return found;
}

/** The forms that Redis no longer writes, put together by hand after its description. */
test.each([
  ['set of strings', '02 02 01 61 01 62', [KV_TYPE.set, 'a', 'b']],
  ['list of strings', '01 02 01 61 c0 05', [KV_TYPE.list, 'a', '5']],
  ['hash of strings', '04 01 01 66 01 76', [KV_TYPE.hash, 'f', 'v']],
  [
    'scores as text',
    '03 03 01 61 03 312e35 01 62 fe 01 63 ff',
    [KV_TYPE.zset, 'a', 1.5, 'b', Infinity, 'c', -Infinity],
  ],
  ['integers', '0b 0c 02000000 02000000 0100 ffff', [KV_TYPE.set, '1', '-1']],
  ['zipmap', '09 09 01 01 61 02 01 76 77 00 ff', [KV_TYPE.hash, 'a', 'vw']],
  ['hash', '0d 11 11000000 0d000000 0200 00 01 66 03 01 76 ff', [KV_TYPE.hash, 'f', 'v']],
  ['sorted set', '0c 11 11000000 0d000000 0200 00 01 61 03 01 35 ff', [KV_TYPE.zset, 'a', 5]],
])('decodeDump() takes a %s', (_name, hex, expected) => {
  expect(texts(hex)).toEqual(expected);
});

test('decodeDump() refuses what is cut off, empty, or of a later version', () => {
  expect(texts('02 02 01 61')).toEqual(['format']);
  expect(texts('02 00')).toEqual(['format']);
  expect(texts('04 01 01 66')).toEqual(['format']);
  expect(texts('63 01 61')).toEqual(['format']);
  expect(texts('00 01 61 00')).toEqual(['format']);
  expect(decodeDump(dump(bytesFrom('000161', 'hex'), 99))).toBe('checksum');
  expect(decodeDump(bytesFrom(''))).toBe('checksum');
});

test('decodeDump() says of any bytes what they are, and never throws', () => {
  const run = (bytes: Uint8Array): void => {
    const value = decodeDump(dump(bytesFrom(Buffer.from(bytes).toString('hex'), 'hex')));
    expect(typeof value === 'string' || value.type <= KV_TYPE.list).toBe(true);
  };
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
  fc.assert(fc.property(bytes, run), { numRuns: 3000 });
  const typed = fc.tuple(fc.integer({ min: 0, max: 18 }), bytes);
  const property = fc.property(typed, ([type, rest]) =>
    run(Uint8Array.of(type, rest.length, ...rest)),
  );
  fc.assert(property, { numRuns: 3000 });
});

test('expandLzf() refuses references before the beginning and lengths that do not fit', () => {
  expect(expandLzf(bytesFrom('00612000', 'hex'), 4)?.toString()).toBe('aaaa');
  expect(expandLzf(bytesFrom('00612001', 'hex'), 4)).toBeNull();
  expect(expandLzf(bytesFrom('00612000', 'hex'), 3)).toBeNull();
  expect(expandLzf(bytesFrom('0561', 'hex'), 6)).toBeNull();
});
