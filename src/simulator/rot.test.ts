import { describe, expect, test } from 'vitest';
import { Prng } from '../std/prng.ts';
import { rotLog } from './rot.ts';
import { SimDisk } from './sim-disk.ts';

const HEADER_BYTES = 4096;
const USED_BYTES = 6000;
const PATH = 'log/0000000000000001.seg';

function diskWith(bytes: number): SimDisk {
  const disk = new SimDisk({ prng: new Prng(1), schedule: () => {} });
  const content = new Uint8Array(16_384).fill(7, 0, bytes);
  disk.place(PATH, content);
  return disk;
}

function changed(disk: SimDisk): readonly number[] {
  const content = disk.contentOf(PATH);
  return [...content.keys()].filter((at) => content[at] !== (at < USED_BYTES ? 7 : 0));
}

describe('rotLog', () => {
  test.each([1, 77_777, 4_000_000_000])(
    'rotLog flips one bit that was in use (draw %i)',
    (draw) => {
      const disk = diskWith(USED_BYTES);
      const rot = rotLog(disk, 'flip', draw);
      expect(changed(disk)).toEqual([rot?.offset]);
      expect(rot?.offset).toBeGreaterThanOrEqual(HEADER_BYTES);
      expect(rot?.offset).toBeLessThan(USED_BYTES - 60);
    },
  );

  test('rotLog zeroes a sector and leaves the newest frames alone', () => {
    const disk = diskWith(USED_BYTES);
    rotLog(disk, 'zero', 1900);
    const offsets = changed(disk);
    expect(offsets.length).toBeGreaterThan(100);
    expect(Math.max(...offsets)).toBeLessThan(USED_BYTES - 60);
  });

  test('rotLog cuts a file off', () => {
    const disk = diskWith(USED_BYTES);
    const rot = rotLog(disk, 'cut', 1234);
    expect(disk.contentOf(PATH)).toHaveLength(rot?.offset ?? -1);
  });

  test('rotLog finds nothing to change in a log that holds nothing', () => {
    const disk = diskWith(HEADER_BYTES);
    expect(rotLog(disk, 'flip', 5)).toBeNull();
    expect(changed(disk).length).toBe(USED_BYTES - HEADER_BYTES);
  });
});
