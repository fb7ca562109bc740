import { describe, expect, it } from 'vitest';
import { append, batchAt, heartbeat } from '../../../test/doubles/transport-rig.ts';
import { encodeMessage } from '../model/message-codec.ts';
import { frameLength } from '../model/message-frame.ts';
import {
  BULK_BYTES_MAX,
  BULK_MESSAGES_MAX,
  CONTROL_MESSAGES_MAX,
  COPY_BYTES_MAX,
  SendQueue,
} from './send-queue.ts';

const EVERYTHING = Number.POSITIVE_INFINITY;

describe('SendQueue', () => {
  it('gives control messages before bulk that was there first, each lane in order', () => {
    const queue = new SendQueue();
    const bulk = [1, 2, 3].map((first) => append(1, 2, batchAt(first, 30_000)));
    const control = [1, 2].map((round) => heartbeat(1, 2, round));
    for (const message of [...bulk, ...control]) expect(queue.offer(message)).toBe(true);
    const expected = Buffer.concat([...control, ...bulk].map(encodeMessage));
    expect(queue.byteLength).toBe(expected.length);
    expect(Buffer.concat(queue.take(EVERYTHING)).equals(expected)).toBe(true);
    expect([queue.isEmpty, queue.byteLength]).toEqual([true, 0]);
  });

  it('gives control even when there is no room for bulk, and bulk up to its room', () => {
    const queue = new SendQueue();
    for (let first = 1; first <= 4; first += 1) queue.offer(append(1, 2, batchAt(first, 1000)));
    const length = frameLength(append(1, 2, batchAt(1, 1000)));
    queue.offer(heartbeat(1, 2));
    expect(Buffer.concat(queue.take(0)).equals(encodeMessage(heartbeat(1, 2)))).toBe(true);
    expect(queue.take(0)).toEqual([]);
    expect(Buffer.concat(queue.take(length + 1)).length).toBe(2 * length);
    expect(queue.messageCount).toBe(2);
  });

  it('does not let a probe overtake the appends before it', () => {
    const queue = new SendQueue();
    const data = append(1, 2, batchAt(1, 10));
    const probe = { ...append(1, 2, batchAt(2, 10)), batches: [] };
    queue.offer(data);
    queue.offer(probe);
    const expected = Buffer.concat([data, probe].map(encodeMessage));
    expect(Buffer.concat(queue.take(EVERYTHING)).equals(expected)).toBe(true);
    queue.offer(probe); // Alone it is control.
    expect(Buffer.concat(queue.take(0)).equals(encodeMessage(probe))).toBe(true);
  });

  it('writes large batches from where they are and small ones in one piece', () => {
    const large = batchAt(1, COPY_BYTES_MAX);
    const queue = new SendQueue();
    const other = new SendQueue();
    for (const peer of [queue, other]) {
      peer.offer(append(1, 2, large));
      peer.offer(append(1, 2, batchAt(2, 100)));
      peer.offer(append(1, 2, batchAt(3, 100)));
    }
    const parts = queue.take(EVERYTHING);
    expect(parts.length).toBe(3);
    expect(parts[1]).toBe(large.bytes);
    expect(other.take(EVERYTHING)[1]).toBe(large.bytes);
  });

  it('refuses over its caps and takes again when there is room', () => {
    const queue = new SendQueue();
    const beat = heartbeat(1, 2);
    for (let i = 0; i < CONTROL_MESSAGES_MAX; i += 1) expect(queue.offer(beat)).toBe(true);
    expect(queue.offer(beat)).toBe(false);
    const small = append(1, 2, batchAt(1, 10));
    for (let i = 0; i < BULK_MESSAGES_MAX; i += 1) expect(queue.offer(small)).toBe(true);
    expect(queue.offer(small)).toBe(false);
    queue.take(EVERYTHING);
    expect([queue.offer(beat), queue.offer(small)]).toEqual([true, true]);
    expect(queue.clear()).toBe(2);

    const large = append(1, 2, batchAt(1, 5 * 1024 * 1024));
    let taken = 0;
    while (queue.offer(large)) taken += 1;
    expect(taken).toBe(Math.floor(BULK_BYTES_MAX / frameLength(large)));
    expect(queue.byteLength).toBeLessThanOrEqual(BULK_BYTES_MAX);
    expect(queue.offer(beat)).toBe(true); // A full bulk lane does not stop heartbeats.
  });
});
