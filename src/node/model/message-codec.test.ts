import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../std/bytes.ts';
import { Prng } from '../../std/prng.ts';
import { BATCH_KIND, type Batch, sealBatch } from './batch.ts';
import type { PeerMessage } from './message.ts';
import { decodeMessage, encodeMessage, writeHead } from './message-codec.ts';
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES, frameLength, headLength } from './message-frame.ts';

const CLUSTER = 'aabbccddeeff00112233445566778899';
const OTHER_CLUSTER = '00000000000000000000000000000001';

const count = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.maxSafeNat());
const member = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const head = fc
  .record({
    from: member,
    to: member,
    term: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(2 ** 53 - 1)),
  })
  .filter(({ from, to }) => from !== to);

type Type<T extends PeerMessage['type']> = Extract<PeerMessage, { type: T }>;

function messages(
  type: PeerMessage['type'],
  fields: Record<string, fc.Arbitrary<number | boolean>>,
): fc.Arbitrary<PeerMessage> {
  const both = fc.tuple(head, fc.record(fields));
  return both.map(
    ([addressed, rest]) => ({ type, ...addressed, ...rest }) as unknown as PeerMessage,
  );
}

function seal(first: number, entries: number, term: number, payload: Uint8Array): Batch {
  return sealBatch({
    cluster: CLUSTER,
    term,
    first,
    kind: BATCH_KIND.commands,
    count: entries,
    leaderTimeMs: 1_700_000_000_000,
    payload: Buffer.from(payload),
  });
}

const appends: fc.Arbitrary<PeerMessage> = fc
  .record({
    head,
    prevIndex: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 50 })),
    commitIndex: count,
    round: count,
    bodies: fc.array(
      fc.record({
        entries: fc.integer({ min: 1, max: 1000 }),
        payload: fc.uint8Array({ maxLength: 200 }),
      }),
      { maxLength: 4 },
    ),
    newer: fc.boolean(),
  })
  .map(({ head: addressed, prevIndex, commitIndex, round, bodies, newer }) => {
    const prevTerm = prevIndex === 0 ? 0 : 1;
    let next = prevIndex + 1;
    const batches = bodies.map(({ entries, payload }, i) => {
      const batch = seal(next, entries, newer && i > 0 ? addressed.term : 1, payload);
      next += entries;
      return batch;
    });
    return { type: 'append', ...addressed, prevIndex, prevTerm, commitIndex, round, batches };
  });

const forwards: fc.Arbitrary<PeerMessage> = fc
  .record({
    head,
    firstSequence: count,
    bodies: fc.array(fc.uint8Array({ maxLength: 90 }), { minLength: 1, maxLength: 9 }),
  })
  .map(({ head: addressed, firstSequence, bodies }) => {
    const parts = bodies.flatMap((body) => {
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32LE(body.length);
      return [prefix, Buffer.from(body)];
    });
    return {
      type: 'forward',
      ...addressed,
      firstSequence,
      count: bodies.length,
      records: Buffer.concat(parts),
    };
  });

const snapshots: fc.Arbitrary<PeerMessage> = fc
  .record({
    head,
    index: fc.integer({ min: 1, max: 2 ** 40 }),
    offset: fc.integer({ min: 0, max: 2 ** 40 }),
    rest: fc.integer({ min: 0, max: 2 ** 40 }),
    data: fc.uint8Array({ maxLength: 200 }),
  })
  .map(({ head: addressed, index, offset, rest, data }) => ({
    ...{ type: 'snapshot', ...addressed, index, indexTerm: 1, offset },
    ...{ total: offset + data.length + rest, data: Buffer.from(data) },
  }));

const lastIndex = count;
const any: Record<PeerMessage['type'], fc.Arbitrary<PeerMessage>> = {
  preVote: messages('preVote', { lastIndex, lastTerm: fc.constantFrom(0, 1) }),
  vote: messages('vote', { lastIndex, lastTerm: fc.constantFrom(0, 1) }),
  transferVote: messages('transferVote', { lastIndex, lastTerm: fc.constantFrom(0, 1) }),
  timeoutNow: messages('timeoutNow', { lastIndex }),
  preVoteReply: messages('preVoteReply', { granted: fc.boolean() }),
  voteReply: messages('voteReply', { granted: fc.boolean() }),
  append: appends,
  appendReply: messages('appendReply', { matchIndex: count }),
  appendReject: messages('appendReject', { prevIndex: count, hintIndex: count, hintTerm: count }),
  heartbeat: messages('heartbeat', { commitIndex: count, round: count }),
  heartbeatReply: messages('heartbeatReply', { round: count }),
  clock: messages('clock', { wallMs: count }),
  readIndex: messages('readIndex', { requestId: count }),
  readIndexReply: messages('readIndexReply', { requestId: count, index: count }),
  snapshot: snapshots,
  snapshotReply: messages('snapshotReply', { index: count, offset: count }),
  forward: forwards,
  forwardRefused: messages('forwardRefused', {
    firstSequence: count,
    count: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  }),
};

function decodeWhole(bytes: Buffer): PeerMessage | string {
  return decodeMessage(bytes, { start: 0, end: bytes.length }, CLUSTER);
}

/** Makes the head's checksum right again, so that what was changed is judged by itself. */
function resum(bytes: Buffer, type: PeerMessage['type']): Buffer {
  const end = type === 'append' ? FRAME_HEADER_BYTES + 36 : bytes.length;
  bytes.writeUInt32LE(crc32(bytes.subarray(4, end)), 0);
  return bytes;
}

function sampleAppend(
  batches: readonly Batch[],
  more: Partial<Type<'append'>> = {},
): Type<'append'> {
  const head = { from: 1, to: 2, term: 5 };
  const body = { prevIndex: 9, prevTerm: 2, commitIndex: 9, round: 1, batches };
  return { type: 'append', ...head, ...body, ...more };
}

describe('message-codec', () => {
  for (const [type, arbitrary] of Object.entries(any)) {
    it(`decodes what it encodes: ${type}`, () => {
      fc.assert(
        fc.property(arbitrary, fc.nat({ max: 40 }), (message, shift) => {
          const bytes = encodeMessage(message);
          expect(bytes.length).toBe(frameLength(message));
          // In the middle of other bytes, as frames lie in a chunk.
          const chunk = Buffer.concat([Buffer.alloc(shift, 0xee), bytes, Buffer.alloc(60, 0xee)]);
          const range = { start: shift, end: shift + bytes.length };
          expect(decodeMessage(chunk, range, CLUSTER)).toEqual(message);
        }),
        { numRuns: 300 },
      );
    });
  }

  it('decodeMessage finds every single flipped bit of a frame', () => {
    const messages = [
      ...Object.values(any).flatMap((arbitrary) => fc.sample(arbitrary, { numRuns: 2, seed: 11 })),
      sampleAppend([seal(10, 2, 3, Buffer.from('abc')), seal(12, 1, 5, Buffer.from('d'))]),
    ];
    for (const message of messages) {
      const bytes = encodeMessage(message);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const at = bit >> 3;
        bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
        expect(typeof decodeWhole(bytes), `${message.type} bit ${bit}`).toBe('string');
        bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      }
    }
  });

  it('decodeMessage finds every cut and every lengthening of a frame', () => {
    for (const message of fc.sample(fc.oneof(...Object.values(any)), { numRuns: 60, seed: 12 })) {
      const bytes = encodeMessage(message);
      for (let end = 0; end < bytes.length; end += 1) {
        expect(typeof decodeWhole(bytes.subarray(0, end))).toBe('string');
        const cut = Buffer.from(bytes.subarray(0, end));
        if (end < FRAME_HEADER_BYTES) continue;
        cut.writeUInt32LE(end, 4);
        expect(typeof decodeWhole(resum(cut, message.type)), message.type).toBe('string');
      }
      const longer = Buffer.concat([bytes, Buffer.alloc(3)]);
      longer.writeUInt32LE(longer.length, 4);
      expect(typeof decodeWhole(resum(longer, message.type))).toBe('string');
    }
  });

  it('decodeMessage answers garbage and mutated frames with a fault or a sane message', () => {
    const prng = new Prng(20_240_601);
    const frames = fc
      .sample(fc.oneof(...Object.values(any)), { numRuns: 400, seed: 13 })
      .map((message) => ({ message, bytes: encodeMessage(message) }));
    let accepted = 0;
    for (let i = 0; i < 250_000; i += 1) {
      const { message, bytes } = prng.pick(frames);
      const mutant = Buffer.from(bytes);
      const changes = prng.between(1, 4);
      for (let change = 0; change < changes; change += 1) {
        mutant[prng.between(0, mutant.length - 1)] = prng.u32() & 0xff;
      }
      // Half of them pass the checksum, so that the fields behind it are reached.
      if (prng.chance(0.5)) resum(mutant, message.type);
      const decoded = decodeWhole(mutant);
      if (typeof decoded === 'string') continue;
      accepted += 1;
      if (!isSane(decoded)) expect.fail(`not sane: ${JSON.stringify(decoded)}`);
    }
    expect(accepted).toBeGreaterThan(1000); // Else nothing behind the checksum was tried.
  });

  it('decodeMessage refuses batches that do not continue the log', () => {
    const payload = Buffer.from('x');
    const good = sampleAppend([seal(10, 2, 3, payload), seal(12, 1, 5, payload)]);
    expect(decodeWhole(encodeMessage(good))).toEqual(good);
    const bad: readonly Type<'append'>[] = [
      sampleAppend([seal(11, 1, 3, payload)]), // gap after prevIndex
      sampleAppend([seal(9, 1, 3, payload)]), // overlap
      sampleAppend([seal(10, 2, 3, payload), seal(13, 1, 3, payload)]), // gap between
      sampleAppend([seal(10, 1, 3, payload), seal(11, 1, 2, payload)]), // term falls
      sampleAppend([seal(10, 1, 1, payload)]), // term below prevTerm
      sampleAppend([seal(10, 1, 6, payload)]), // term above the sender's
      sampleAppend([seal(10, 1, 3, payload)], { prevIndex: 2 ** 53 - 1 }),
    ];
    for (const message of bad) expect(decodeWhole(encodeMessage(message))).toBe('batch');
    const foreign = decodeMessage(
      encodeMessage(good),
      { start: 0, end: frameLength(good) },
      OTHER_CLUSTER,
    );
    expect(foreign).toBe('batch');
  });

  it('decodeMessage refuses impossible numbers', () => {
    const bad: readonly PeerMessage[] = [
      sampleAppend([], { prevIndex: 0, prevTerm: 1 }),
      sampleAppend([], { prevIndex: 1, prevTerm: 0 }),
      sampleAppend([], { prevTerm: 6 }),
      { type: 'vote', from: 1, to: 2, term: 3, lastIndex: 1, lastTerm: 4 },
      { type: 'transferVote', from: 1, to: 2, term: 3, lastIndex: 1, lastTerm: 4 },
      { type: 'heartbeat', from: 2, to: 2, term: 3, commitIndex: 1, round: 4 },
      { type: 'forwardRefused', from: 1, to: 2, term: 3, firstSequence: 1, count: 0 },
    ];
    for (const message of bad) expect(decodeWhole(encodeMessage(message))).toBe('field');
    const vote = encodeMessage({ type: 'voteReply', from: 1, to: 2, term: 3, granted: true });
    vote[FRAME_HEADER_BYTES] = 2;
    expect(decodeWhole(resum(vote, 'voteReply'))).toBe('field');
    const huge = encodeMessage({ type: 'appendReply', from: 1, to: 2, term: 3, matchIndex: 1 });
    huge.fill(0xff, FRAME_HEADER_BYTES);
    expect(decodeWhole(resum(huge, 'appendReply'))).toBe('field');
  });

  it('decodeMessage refuses forwarded records that are not whole, and unknown types', () => {
    const records = Buffer.from([9, 0, 0, 0, 1]);
    const forward: PeerMessage = {
      type: 'forward',
      from: 1,
      to: 2,
      term: 1,
      firstSequence: 1,
      count: 1,
      records,
    };
    expect(decodeWhole(encodeMessage(forward))).toBe('records');
    for (const type of [0, 19, 31, 32, 255]) {
      const bytes = encodeMessage({ type: 'readIndex', from: 1, to: 2, term: 1, requestId: 1 });
      bytes[8] = type;
      expect(decodeWhole(resum(bytes, 'readIndex'))).toBe('type');
    }
  });

  it('writeHead never looks at the bulk of an append, and refuses what is over the cap', () => {
    const batch = seal(10, 1, 3, Buffer.alloc(1000));
    const message = sampleAppend([batch]);
    const into = Buffer.alloc(headLength(message));
    expect(writeHead(message, into, 0)).toBe(into.length);
    expect(Buffer.concat([into, batch.bytes]).equals(encodeMessage(message))).toBe(true);
    const large = seal(10, 1, 3, Buffer.alloc(FRAME_BYTES_MAX / 2));
    const next = { ...large, first: 11, last: 11 };
    expect(() => encodeMessage(sampleAppend([large, next]))).toThrow('over the cap');
    expect(() => encodeMessage({ ...sampleAppend([]), term: 0 })).toThrow('has a term');
    expect(() => encodeMessage({ ...sampleAppend([]), to: 2 ** 32 })).toThrow('both members');
  });
});

function isSane(message: PeerMessage): boolean {
  const numbers = Object.values(message).filter((value) => typeof value === 'number');
  if (!numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) return false;
  if (message.from < 1 || message.to < 1 || message.from === message.to) return false;
  if (message.term < 1) return false;
  if (message.type !== 'append') return true;
  let last = message.prevIndex;
  let term = message.prevTerm;
  for (const batch of message.batches) {
    if (batch.first !== last + 1 || batch.term < term || batch.term > message.term) return false;
    last = batch.last;
    term = batch.term;
  }
  return Number.isSafeInteger(last);
}
