/**
 * What every Network must do, whatever carries the messages. `network.test.ts` runs it on each
 * implementation; a harness opens the members of one small cluster.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemberNumber } from '../../src/node/model/ids.ts';
import type { PeerMessage } from '../../src/node/model/message.ts';
import type { Network } from '../../src/node/ports/network.ts';
import { append, batchAt, heartbeat, Recorder } from '../doubles/transport-rig.ts';

/** Members 1..3 of one cluster. Each `open` of a member is a new life of it. */
export interface NetworkHarness {
  open(member: MemberNumber): Promise<Network>;
  close(): Promise<void>;
}

interface Node {
  readonly network: Network;
  readonly recorder: Recorder;
}

export function describeNetwork(name: string, makeHarness: () => Promise<NetworkHarness>): void {
  describe(`Network on ${name}`, () => {
    let harness: NetworkHarness;
    let opened: Network[] = [];

    beforeEach(async () => {
      harness = await makeHarness();
      opened = [];
    });

    afterEach(async () => {
      await Promise.all(opened.map((network) => network.close()));
      await harness.close();
    });

    async function open(member: MemberNumber): Promise<Node> {
      const network = await harness.open(member);
      opened.push(network);
      const recorder = new Recorder();
      network.start(recorder);
      return { network, recorder };
    }

    async function openPair(): Promise<readonly [Node, Node]> {
      const [one, two] = await Promise.all([open(1), open(2)]);
      await Promise.all([
        one.recorder.until(() => one.recorder.isUp(2)),
        two.recorder.until(() => two.recorder.isUp(1)),
      ]);
      return [one, two];
    }

    it('connects every pair of members and reports each once', async () => {
      const nodes = await Promise.all([open(1), open(2), open(3)]);
      for (const [i, { recorder, network }] of nodes.entries()) {
        const others = [1, 2, 3].filter((member) => member !== i + 1);
        await recorder.until(() => others.every((member) => recorder.isUp(member)));
        for (const member of others) expect(recorder.links(member)).toEqual(['up']);
        expect(
          network
            .stats()
            .peers.map((peer) => [peer.member, peer.connected])
            .sort(),
        ).toEqual(others.map((member) => [member, true]));
      }
    });

    it('delivers every kind of message unchanged, to whom it is addressed', async () => {
      const [one, two] = await openPair();
      const sent = oneOfEachKind(1, 2);
      for (const message of sent) expect(one.network.send(message)).toBe(true);
      one.network.flush();
      await two.recorder.until(() => two.recorder.messages.length === sent.length);
      const kind = (message: PeerMessage): string => message.type;
      const arrived = [...two.recorder.messages].sort((a, b) => kind(a).localeCompare(kind(b)));
      expect(arrived).toEqual([...sent].sort((a, b) => kind(a).localeCompare(kind(b))));
      expect(one.recorder.messages).toEqual([]);
    });

    it('keeps the order of appends, small and large, over many flushes', async () => {
      const [one, two] = await openPair();
      const count = 600;
      for (let i = 1; i <= count; i += 1) {
        one.network.send(append(1, 2, batchAt(i, i % 7 === 0 ? 40_000 : 20)));
        if (i % 10 === 0) one.network.flush();
      }
      await two.recorder.until(() => two.recorder.messages.length === count);
      const firsts = two.recorder.messages.map((m) => (m.type === 'append' ? m.prevIndex + 1 : 0));
      expect(firsts).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    });

    it('copies the records of a forward, whose memory the sender may reuse', async () => {
      const [one, two] = await openPair();
      const forward = oneOfEachKind(2, 1).find((message) => message.type === 'forward');
      if (forward?.type !== 'forward') throw new Error('there is a forward');
      const records = Buffer.from(forward.records);
      two.network.send({ ...forward, records });
      records.fill(0xff);
      two.network.flush();
      await one.recorder.until(() => one.recorder.messages.length === 1);
      expect(one.recorder.messages[0]).toEqual(forward);
    });

    it('refuses and counts what cannot be sent for want of a connection', async () => {
      const one = await open(1);
      expect(one.network.send(heartbeat(1, 2))).toBe(false);
      expect(one.network.send(append(1, 2, batchAt(1, 10)))).toBe(false);
      const peer = one.network.stats().peers.find(({ member }) => member === 2);
      expect(peer).toMatchObject({ connected: false, droppedMessages: 2, queuedBytes: 0 });
      expect(one.network.send(heartbeat(1, 9))).toBe(false); // No such member.
    });

    it('reports a member that goes and comes back, in turns, and reaches it again', async () => {
      const [one, two] = await openPair();
      for (let life = 1; life <= 3; life += 1) {
        await (life === 1 ? two.network : (opened.at(-1) as Network)).close();
        await one.recorder.until(() => !one.recorder.isUp(2));
        expect(one.network.send(heartbeat(1, 2))).toBe(false);
        const again = await open(2);
        await one.recorder.until(() => one.recorder.isUp(2));
        one.network.send(heartbeat(1, 2, life));
        one.network.flush();
        await again.recorder.until(() => again.recorder.messages.length === 1);
        expect(again.recorder.messages).toEqual([heartbeat(1, 2, life)]);
      }
      expect(one.recorder.links(2)).toEqual(['up', 'down', 'up', 'down', 'up', 'down', 'up']);
      expect(one.network.stats().peers.find(({ member }) => member === 2)?.reconnects).toBe(3);
    });
  });
}

function oneOfEachKind(from: MemberNumber, to: MemberNumber): readonly PeerMessage[] {
  const head = { from, to, term: 5 };
  const records = Buffer.from([3, 0, 0, 0, 1, 2, 3, 1, 0, 0, 0, 9]);
  return [
    { type: 'preVote', ...head, lastIndex: 2 ** 40, lastTerm: 4 },
    { type: 'vote', ...head, lastIndex: 0, lastTerm: 0 },
    { type: 'preVoteReply', ...head, granted: false },
    { type: 'voteReply', ...head, granted: true },
    { type: 'appendReply', ...head, matchIndex: 2 ** 53 - 1 },
    { type: 'appendReject', ...head, prevIndex: 9, hintIndex: 7, hintTerm: 3 },
    { type: 'heartbeat', ...head, commitIndex: 8, round: 77 },
    { type: 'heartbeatReply', ...head, round: 77 },
    { type: 'clock', ...head, wallMs: 1_800_000_000_000 },
    { type: 'readIndex', ...head, requestId: 1 },
    { type: 'readIndexReply', ...head, requestId: 1, index: 12 },
    { type: 'forwardRefused', ...head, firstSequence: 3, count: 2 },
    { ...append(from, to, batchAt(4, 300, 5)), commitIndex: 3, round: 6 },
    { type: 'forward', ...head, firstSequence: 3, count: 2, records },
  ];
}
