/** Real transports on loopback, with everything that arrived kept for tests to look at or await. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { BATCH_KIND, type Batch, sealBatch } from '../../src/node/model/batch.ts';
import type { MemberNumber } from '../../src/node/model/ids.ts';
import type { AppendRequest, Heartbeat, PeerMessage } from '../../src/node/model/message.ts';
import type { Clock } from '../../src/node/ports/clock.ts';
import type { NetworkEvents } from '../../src/node/ports/network.ts';
import {
  createTransport,
  type Transport,
  type TransportInit,
} from '../../src/node/transport/transport.ts';
import { SILENT_LOG } from '../../src/std/log.ts';
import { Prng } from '../../src/std/prng.ts';

export const CLUSTER = '00112233445566778899aabbccddeeff';
export const SECRET = Buffer.alloc(32, 7);

export const REAL_CLOCK: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  defer: (task) => void setImmediate(task),
};

export function newIncarnation(): string {
  return randomBytes(8).toString('hex');
}

export type RecordedEvent =
  | { readonly type: 'message'; readonly message: PeerMessage }
  | { readonly type: 'up' | 'down'; readonly member: MemberNumber };

/** Keeps what a network reports; `until` resolves as soon as it holds. */
export class Recorder implements NetworkEvents {
  readonly events: RecordedEvent[] = [];
  #waiters: (() => void)[] = [];

  get messages(): readonly PeerMessage[] {
    return this.events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
  }

  /** The ups and downs of one member, in order. */
  links(member: MemberNumber): readonly string[] {
    return this.events.flatMap((event) =>
      event.type !== 'message' && event.member === member ? [event.type] : [],
    );
  }

  isUp(member: MemberNumber): boolean {
    return this.links(member).at(-1) === 'up';
  }

  onMessage(message: PeerMessage): void {
    this.#add({ type: 'message', message });
  }

  onPeerUp(member: MemberNumber): void {
    this.#add({ type: 'up', member });
  }

  onPeerDown(member: MemberNumber): void {
    this.#add({ type: 'down', member });
  }

  async until(holds: () => boolean, withinMs = 20_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!holds()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`not within ${withinMs} ms: ${holds}`);
      await new Promise<void>((wake) => {
        const timer = setTimeout(wake, Math.min(leftMs, 25));
        this.#waiters.push(() => {
          clearTimeout(timer);
          wake();
        });
      });
    }
  }

  #add(event: RecordedEvent): void {
    this.events.push(event);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

export interface Station {
  readonly transport: Transport;
  readonly recorder: Recorder;
}

/** Opens and starts one member's transport. */
export async function openStation(
  self: MemberNumber,
  ports: ReadonlyMap<MemberNumber, number>,
  init: Partial<TransportInit> = {},
): Promise<Station> {
  const transport = await openTransport(self, ports, init);
  const recorder = new Recorder();
  transport.start(recorder);
  return { transport, recorder };
}

/** Opens one member's transport on a port that its peers know, not started. */
export function openTransport(
  self: MemberNumber,
  ports: ReadonlyMap<MemberNumber, number>,
  init: Partial<TransportInit> = {},
  clock: Clock = REAL_CLOCK,
): Promise<Transport> {
  return createTransport(
    { clock, log: SILENT_LOG, prng: new Prng(self) },
    {
      self,
      cluster: CLUSTER,
      secret: SECRET,
      incarnation: newIncarnation(),
      listenAddress: `127.0.0.1:${ports.get(self) ?? 0}`,
      peers: [...ports].map(([member, port]) => ({ member, peerAddress: `127.0.0.1:${port}` })),
      ...init,
    },
  );
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Ports for members 1..count. */
export async function memberPorts(count: number): Promise<ReadonlyMap<MemberNumber, number>> {
  const ports = await freePorts(count);
  return new Map(ports.map((port, i) => [i + 1, port]));
}

export function heartbeat(from: MemberNumber, to: MemberNumber, round = 0): Heartbeat {
  return { type: 'heartbeat', from, to, term: 1, commitIndex: 0, round };
}

export function batchAt(first: number, payloadBytes: number, term = 1): Batch {
  return sealBatch({
    cluster: CLUSTER,
    term,
    first,
    kind: BATCH_KIND.commands,
    count: 1,
    leaderTimeMs: 0,
    payload: Buffer.alloc(payloadBytes, first & 0xff),
  });
}

/** An append of one batch that continues a log of one entry a batch. */
export function append(from: MemberNumber, to: MemberNumber, batch: Batch): AppendRequest {
  const prevIndex = batch.first - 1;
  return {
    type: 'append',
    from,
    to,
    term: batch.term,
    prevIndex,
    prevTerm: prevIndex === 0 ? 0 : batch.term,
    commitIndex: 0,
    round: 0,
    batches: [batch],
  };
}
