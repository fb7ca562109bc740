import { describe, expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { FRAME_BYTES_MAX } from '../model/message-frame.ts';
import { FrameReader } from './frame-reader.ts';

/** A frame of the given length whose content tells it from others. */
function frame(length: number, mark: number): Buffer {
  const bytes = Buffer.alloc(length, mark);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

/** Quicker than comparing byte by byte in the test's own language. */
function expectSame(frames: readonly Buffer[], sent: readonly Buffer[]): void {
  expect(frames.map((bytes) => bytes.length)).toEqual(sent.map((bytes) => bytes.length));
  expect(Buffer.concat(frames).equals(Buffer.concat(sent))).toBe(true);
}

function collect(): { readonly frames: Buffer[]; readonly reader: FrameReader } {
  const frames: Buffer[] = [];
  const reader = new FrameReader({
    onFrame(bytes, start, end) {
      frames.push(Buffer.from(bytes.subarray(start, end)));
      return true;
    },
  });
  return { frames, reader };
}

describe('FrameReader', () => {
  it('finds the same frames wherever the stream is cut in two, and byte by byte', () => {
    const sent = [frame(20, 1), frame(29, 2), frame(300, 3), frame(20, 4), frame(64, 5)];
    const stream = Buffer.concat(sent);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const { frames, reader } = collect();
      expect(reader.push(stream.subarray(0, cut))).toBe('more');
      expect(reader.push(stream.subarray(cut))).toBe('more');
      expectSame(frames, sent);
      expect(reader.heldBytes).toBe(0);
    }
    const { frames, reader } = collect();
    for (const byte of stream) reader.push(Buffer.from([byte]));
    expectSame(frames, sent);
  });

  it('finds the same frames in pieces of any size, large frames included', () => {
    const prng = new Prng(5);
    for (let run = 0; run < 20; run += 1) {
      const sent = Array.from({ length: 12 }, (_, i) =>
        frame(prng.chance(0.3) ? prng.between(1000, 300_000) : prng.between(20, 200), i),
      );
      const stream = Buffer.concat(sent);
      const { frames, reader } = collect();
      for (let at = 0; at < stream.length; ) {
        const size = prng.chance(0.5) ? prng.between(1, 30) : prng.between(1, 70_000);
        expect(reader.push(stream.subarray(at, at + size))).toBe('more');
        at += size;
      }
      expectSame(frames, sent);
    }
  });

  it('hands on a frame that lies in one piece without copying it', () => {
    const piece = Buffer.concat([frame(50, 1), frame(60, 2)]);
    const seen: [boolean, number, number][] = [];
    const reader = new FrameReader({
      onFrame: (bytes, start, end) => seen.push([bytes === piece, start, end]) > 0,
    });
    reader.push(piece);
    expect(seen).toEqual([
      [true, 0, 50],
      [true, 50, 110],
    ]);
  });

  it('takes no memory for what was only announced', () => {
    const { reader } = collect();
    const start = frame(100, 1);
    start.writeUInt32LE(FRAME_BYTES_MAX, 4);
    expect(reader.push(start)).toBe('more');
    expect(reader.heldBytes).toBeLessThanOrEqual(1024);
    reader.push(Buffer.alloc(64 * 1024));
    expect(reader.heldBytes).toBeLessThanOrEqual(2 * 65 * 1024);
  });

  it('ends at a length over the cap or below the shortest frame, also when cut in bytes', () => {
    for (const [length, verdict] of [
      [FRAME_BYTES_MAX + 1, 'oversize'],
      [0xffff_ffff, 'oversize'],
      [0, 'garbage'],
      [19, 'garbage'],
    ] as const) {
      const bytes = frame(24, 9);
      bytes.writeUInt32LE(length, 4);
      expect(collect().reader.push(bytes)).toBe(verdict);
      const { frames, reader } = collect();
      const results = [...bytes.subarray(0, 8)].map((byte) => reader.push(Buffer.from([byte])));
      expect(results.at(-1)).toBe(verdict);
      expect(frames).toEqual([]);
    }
  });

  it('stops in the middle of a piece when the sink has had enough', () => {
    let seen = 0;
    const reader = new FrameReader({
      onFrame() {
        seen += 1;
        return seen < 2;
      },
    });
    expect(reader.push(Buffer.concat([frame(20, 1), frame(20, 2), frame(20, 3)]))).toBe('stopped');
    expect(seen).toBe(2);
  });
});
