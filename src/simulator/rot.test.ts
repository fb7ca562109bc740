import { describe, expect, test } from 'vitest';
import {
  encodeFrameHeader,
  encodeHardState,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  HARD_STATE_BODY_BYTES,
} from '../node/wal/record.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../node/wal/segment.ts';
import { zeroBytes } from '../std/bytes.ts';
import { Prng } from '../std/prng.ts';
import { rotLog } from './rot.ts';
import { SimDisk } from './sim-disk.ts';

const PATH = 'log/0000000000000001.seg';
const FRAME_BYTES = FRAME_HEADER_BYTES + HARD_STATE_BODY_BYTES;
const FRAMES = 40;
const USED_BYTES = SEGMENT_HEADER_BYTES + FRAMES * FRAME_BYTES;

/** @param witnesses so many frames, from the first on, are durable by the word of later ones. */
function diskWith(frames: number, witnesses: number): { disk: SimDisk; before: Uint8Array } {
  const disk = new SimDisk({ prng: new Prng(1), schedule: () => {} });
  const content = zeroBytes(16_384);
  const salt = 5;
  const segment = { cluster: 'ab'.repeat(16), member: 1, sequence: 1, base: 0, size: 16_384 };
  encodeSegmentHeader({ ...segment, salt, previousSalt: 0 }).copy(content);
  for (let frame = 0; frame < frames; frame += 1) {
    const at = SEGMENT_HEADER_BYTES + frame * FRAME_BYTES;
    encodeHardState(content, at + FRAME_HEADER_BYTES, { term: frame + 1, vote: 1 });
    const body = content.subarray(at + FRAME_HEADER_BYTES, at + FRAME_BYTES);
    const syncedTo = SEGMENT_HEADER_BYTES + Math.min(frame, witnesses) * FRAME_BYTES;
    encodeFrameHeader(content, at, {
      ...{ kind: FRAME_KIND.hardState, body, position: at, syncedTo, salt },
    });
  }
  disk.place(PATH, content);
  return { disk, before: new Uint8Array(content) };
}

function changed({ disk, before }: ReturnType<typeof diskWith>): readonly number[] {
  const content = disk.contentOf(PATH);
  return [...content.keys()].filter((at) => content[at] !== before[at]);
}

describe('rotLog', () => {
  test.each([1, 77_777, 4_000_000_000])(
    'rotLog flips one bit that was in use (draw %i)',
    (draw) => {
      const log = diskWith(FRAMES, FRAMES);
      const rot = rotLog(log.disk, 'log', { kind: 'flip', draw });
      expect(changed(log)).toEqual([rot?.offset]);
      expect(rot?.offset).toBeGreaterThanOrEqual(SEGMENT_HEADER_BYTES);
      expect(rot?.offset).toBeLessThan(USED_BYTES - 60);
    },
  );

  test('rotLog zeroes a sector and leaves the newest frames alone', () => {
    const log = diskWith(FRAMES, FRAMES);
    rotLog(log.disk, 'log', { kind: 'zero', draw: 900 });
    const offsets = changed(log);
    expect(offsets.length).toBeGreaterThan(100);
    expect(Math.max(...offsets)).toBeLessThan(USED_BYTES - 60);
  });

  test('rotLog cuts a file off', () => {
    const { disk } = diskWith(FRAMES, FRAMES);
    const rot = rotLog(disk, 'log', { kind: 'cut', draw: 1234 });
    expect(disk.contentOf(PATH)).toHaveLength(rot?.offset ?? -1);
  });

  test('rotLog leaves alone what nobody can tell from a torn write', () => {
    const log = diskWith(FRAMES, 3);
    for (let draw = 0; draw < 2000; draw += 1) rotLog(log.disk, 'log', { kind: 'flip', draw });
    const offsets = changed(log);
    expect(offsets.length).toBeGreaterThan(0);
    expect(Math.max(...offsets)).toBeLessThan(SEGMENT_HEADER_BYTES + 3 * FRAME_BYTES);
  });

  test('rotLog finds nothing to change in a log that holds nothing, or in an archive', () => {
    const log = diskWith(0, 0);
    expect(rotLog(log.disk, 'log', { kind: 'flip', draw: 5 })).toBeNull();
    expect(changed(log)).toEqual([]);
    const kept = diskWith(FRAMES, FRAMES);
    expect(rotLog(kept.disk, 'archive', { kind: 'cut', draw: 5 })).toBeNull();
  });
});
