import { describe, expect, test } from 'vitest';
import { batchOf, CLUSTER, DIRECTORY, LogRig } from '../../../test/doubles/log-rig.ts';
import { allocBytes, type Bytes, concatBytes, NO_BYTES, zeroBytes } from '../../std/bytes.ts';
import { Prng } from '../../std/prng.ts';
import { decodeBatch } from '../model/batch.ts';
import { decodeCleanMark, encodeCleanMark } from './clean-mark.ts';
import { dumpLog, type LogDumpRow } from './dump.ts';
import { Group } from './group.ts';
import {
  decodeFrame,
  decodeHardState,
  encodeFrameHeader,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  type Frame,
  frameBody,
  frameSize,
} from './record.ts';
import { decodeSegmentHeader, encodeSegmentHeader, nextSegmentSize } from './segment.ts';

const PLACE = { salt: 0x1234_5678, base: 1_000_000 };
const OFFSET = 4096;

/** Frames of all kinds, as they lie in a segment from OFFSET on. */
function frames(): Bytes {
  const group = new Group(4096);
  group.begin(PLACE, OFFSET, PLACE.base + 4000);
  group.addHardState({ term: 2 ** 40 + 3, vote: 7 });
  group.addBatch(batchOf({ first: 5, payloadBytes: 61 }));
  group.addMark(FRAME_KIND.synced);
  group.addBatch(batchOf({ first: 6, payloadBytes: 50_000 }));
  group.addMark(FRAME_KIND.roll);
  return concatBytes([zeroBytes(OFFSET), ...group.chunks()]);
}

function walk(bytes: Bytes): Frame[] {
  const found: Frame[] = [];
  for (let offset = OFFSET; offset < bytes.length; ) {
    const frame = decodeFrame(bytes, offset, PLACE);
    if (typeof frame === 'string') throw new Error(`${frame} at ${offset}`);
    found.push(frame);
    offset = frame.end;
  }
  return found;
}

describe('decodeFrame', () => {
  test('decodeFrame reads what a group wrote, of every kind and size', () => {
    const bytes = frames();
    const found = walk(bytes);
    expect(found.map((f) => f.kind)).toEqual([2, 1, 3, 1, 4]);
    expect(found.every((f) => f.syncedTo === PLACE.base + 4000 && f.end % 8 === 0)).toBe(true);
    expect(decodeHardState(bytes, found[0] as Frame)).toEqual({ term: 2 ** 40 + 3, vote: 7 });
    for (const [at, first] of [
      [1, 5],
      [3, 6],
    ] as const) {
      const body = frameBody(bytes, found[at] as Frame);
      expect(decodeBatch(body, 0, CLUSTER)).toMatchObject({ first });
    }
  });

  test('decodeFrame and the batch in it notice a flip of every single bit', () => {
    const bytes = frames();
    const [state, batch] = walk(bytes) as [Frame, Frame];
    for (let at = state.offset; at < batch.end; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const { offset } = at < batch.offset ? state : batch;
        const frame = decodeFrame(bytes, offset, PLACE);
        const noticed =
          typeof frame === 'string' ||
          typeof decodeBatch(frameBody(bytes, frame), 0, CLUSTER) === 'string';
        expect(noticed, `byte ${at - offset} bit ${bit}`).toBe(true);
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
      }
    }
  });

  test('decodeFrame refuses a frame at another place, or in another segment', () => {
    const bytes = frames();
    const frame = walk(bytes)[0] as Frame;
    const moved = concatBytes([bytes.subarray(0, OFFSET), zeroBytes(64), bytes.subarray(OFFSET)]);
    expect(decodeFrame(moved, frame.offset + 64, PLACE)).toBe('position');
    expect(decodeFrame(bytes, OFFSET, { ...PLACE, base: PLACE.base + 8 })).toBe('position');
    expect(decodeFrame(bytes, OFFSET, { ...PLACE, salt: PLACE.salt + 1 })).toBe('checksum');
  });

  test('decodeFrame says blank for zeros, and short for a frame that is cut anywhere', () => {
    const bytes = frames();
    expect(decodeFrame(zeroBytes(64), 0, PLACE)).toBe('blank');
    for (const frame of walk(bytes)) {
      for (let end = frame.offset; end < frame.end; end += frame.end - end > 200 ? 97 : 1) {
        expect(decodeFrame(bytes.subarray(0, end), frame.offset, PLACE)).toBe('short');
      }
    }
  });

  test('decodeFrame takes any bytes, and never believes a length', () => {
    const prng = new Prng(8);
    const bytes = allocBytes(4096);
    for (let round = 0; round < 2000; round += 1) {
      for (let at = 0; at < 64; at += 1) bytes[at] = prng.u32() & 0xff;
      if (prng.chance(0.8)) bytes.writeUInt16LE(0x4652, 8);
      bytes[10] = prng.between(0, 6);
      if (prng.chance(0.5)) bytes.writeUInt32LE(prng.between(0, 200), 4);
      expect(typeof decodeFrame(bytes, 0, PLACE)).toBe('string');
    }
  });

  test('encodeFrameHeader refuses to say that the future is durable', () => {
    const frame = { kind: FRAME_KIND.synced, body: NO_BYTES, salt: 1, position: 8, syncedTo: 9 };
    expect(() => encodeFrameHeader(allocBytes(FRAME_HEADER_BYTES), 0, frame)).toThrow('durable');
  });

  test('frameSize is header, body and padding to eight bytes', () => {
    expect([0, 1, 7, 8, 9].map(frameSize)).toEqual([32, 40, 40, 40, 48]);
  });
});

describe('decodeSegmentHeader', () => {
  const header = {
    ...{ cluster: CLUSTER, member: 3, sequence: 2 ** 33, base: 2 ** 41, size: 65_536 },
    ...{ salt: 0xffff_ffff, previousSalt: 17 },
  };

  test('decodeSegmentHeader reads what was written, and notices every flipped bit', () => {
    const bytes = encodeSegmentHeader(header);
    expect(decodeSegmentHeader(bytes)).toEqual(header);
    for (let at = 0; at < bytes.length; at += 1) {
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      expect(typeof decodeSegmentHeader(bytes), `byte ${at}`).toBe('string');
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    }
    expect(decodeSegmentHeader(bytes.subarray(0, 4095))).toBe('short');
  });

  test('nextSegmentSize starts at 1 MiB and doubles up to the limit', () => {
    const sizes = [0];
    for (let count = 0; count < 6; count += 1) {
      sizes.push(nextSegmentSize(sizes.at(-1) as number, 16 << 20));
    }
    expect(sizes.map((size) => size / (1 << 20))).toEqual([0, 1, 2, 4, 8, 16, 16]);
    expect(nextSegmentSize(0, 10_001)).toBe(10_008);
  });
});

describe('decodeCleanMark', () => {
  test('decodeCleanMark notices every flipped bit, and any other length', () => {
    const mark = { cluster: CLUSTER, member: 2, end: 2 ** 40, lastIndex: 99 };
    const bytes = encodeCleanMark(mark);
    expect(decodeCleanMark(bytes)).toEqual(mark);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const copy = concatBytes([bytes]);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeCleanMark(copy)).toBeNull();
    }
    expect(decodeCleanMark(bytes.subarray(1))).toBeNull();
    expect(decodeCleanMark(concatBytes([bytes, zeroBytes(1)]))).toBeNull();
  });
});

describe('segments of a log', () => {
  test('each segment begins with the hard state of its time', async () => {
    const rig = new LogRig(1, 8 * 1024);
    const opened = await rig.make();
    for (let first = 2; first < 60; first += 1) {
      const hardState = { term: first, vote: (first % 3) + 1 };
      await rig.commit(opened, [batchOf({ first, term: first, payloadBytes: 500 })], hardState);
    }
    await rig.drive(opened.store.close());
    const rows: LogDumpRow[] = [];
    await rig.drive(dumpLog(rig.disk.boot(), DIRECTORY, (row) => rows.push(row)));
    const starts = rows.filter((row) => row.offset === OFFSET);
    expect(starts.length).toBeGreaterThan(5);
    for (const [at, row] of starts.entries()) {
      expect(row.kind).toBe('hardState');
      const before = rows.slice(0, rows.indexOf(row)).findLast((r) => r.kind === 'hardState');
      if (at > 0) expect([row.term, row.vote]).toEqual([before?.term, before?.vote]);
    }
  });
});
