import { expect, test } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { BATCH_KIND, sealBatch } from '../model/batch.ts';
import type { PeerMessage } from '../model/message.ts';
import type { Network, NetworkEvents } from '../ports/network.ts';
import { Tracer } from './tracer.ts';

const MARKER = 'trace-0123456789abcdef';

class FakeNetwork implements Network {
  events: NetworkEvents | null = null;
  readonly sent: PeerMessage[] = [];
  start(events: NetworkEvents): void {
    this.events = events;
  }
  send(message: PeerMessage): boolean {
    this.sent.push(message);
    return true;
  }
  reach(): void {}
  flush(): void {}
  stats(): { peers: []; rejected: Record<string, number> } {
    return { peers: [], rejected: {} };
  }
  async close(): Promise<void> {}
}

function stand() {
  let nowMs = 100;
  const clock = { nowMs: () => nowMs, wallMs: () => 0, after: () => ({ cancel: () => {} }) };
  const tracer = new Tracer({ ...clock, defer: () => {} });
  const inner = new FakeNetwork();
  const came: PeerMessage[] = [];
  const network = tracer.network(inner);
  network.start({ onMessage: (m) => came.push(m), onPeerUp: () => {}, onPeerDown: () => {} });
  const wait = (ms: number): void => {
    nowMs += ms;
  };
  return { tracer, network, inner, came, wait };
}

function append(text: string, first: number): PeerMessage {
  const batch = sealBatch({
    ...{ cluster: '00'.repeat(16), term: 2, first, count: 1, leaderTimeMs: 0 },
    ...{ kind: BATCH_KIND.commands, payload: bytesFrom(text, 'utf8') },
  });
  const log = { prevIndex: first - 1, prevTerm: 2, commitIndex: 0, round: 3, batches: [batch] };
  return { type: 'append', from: 1, to: 2, term: 2, ...log };
}

test('Tracer knows a command by its marker, and passes everything on', () => {
  const { tracer, network, inner, came, wait } = stand();
  network.send(append('before', 4));
  tracer.arm(MARKER, 1000);
  wait(1);
  network.send(append('SET something else', 5));
  network.send(append(`SET k ${MARKER}`, 6));
  wait(2);
  tracer.synced(1.5);
  inner.events?.onMessage({ type: 'appendReply', from: 2, to: 1, term: 2, matchIndex: 6 });
  const { marks, batch, dropped } = tracer.seen();
  expect(marks).toEqual([
    {
      monoMs: 101,
      what: 'send',
      message: 'append',
      peer: '2',
      index: 5,
      round: 3,
      isTraced: false,
    },
    { monoMs: 101, what: 'send', message: 'append', peer: '2', index: 6, round: 3, isTraced: true },
    { monoMs: 103, what: 'sync', tookMs: 1.5 },
    { monoMs: 103, what: 'receive', message: 'appendReply', peer: '2', index: 6 },
  ]);
  expect({ batch, dropped }).toEqual({ batch: { first: 6, last: 6 }, dropped: 0 });
  expect(inner.sent).toHaveLength(3);
  expect(came).toHaveLength(1);
});

test('Tracer stops to look when its time is over, and keeps no more marks than it may', () => {
  const { tracer, network, wait } = stand();
  tracer.arm(MARKER, 10);
  for (let i = 0; i < 20_003; i += 1) tracer.synced(1);
  expect(tracer.seen()).toMatchObject({ dropped: 3 });
  expect(tracer.seen().marks).toHaveLength(20_000);
  wait(11);
  network.send(append(MARKER, 7));
  expect(tracer.isArmed).toBe(false);
  tracer.arm(MARKER, 10);
  expect(tracer.seen()).toMatchObject({ marks: [], dropped: 0, batch: null });
});
