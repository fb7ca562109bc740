/**
 * A few cores in memory, moved by hand: every message lies in `network` until it is delivered or
 * dropped, every write is unsynced until `sync`, time passes only by `tick`. The invariants are
 * checked on every input, and over the whole group: one leader a term, committed stays committed.
 */
import { BATCH_KIND, type Batch } from '../../src/node/model/batch.ts';
import { type HardState, INITIAL_HARD_STATE } from '../../src/node/model/hard-state.ts';
import type { LogIndex, MemberNumber, Term } from '../../src/node/model/ids.ts';
import type { LogWrite, TermRun } from '../../src/node/model/log-write.ts';
import { foundingBatch } from '../../src/node/model/membership.ts';
import type { MemberChange } from '../../src/node/model/membership-change.ts';
import type { RaftMessage } from '../../src/node/model/message.ts';
import {
  RAFT_CONFIG_DEFAULT,
  type RaftConfig,
  type RaftInit,
  timersOf,
} from '../../src/node/raft/config.ts';
import type { ProposeResult } from '../../src/node/raft/contract.ts';
import { checkInvariants, checkReady, snapshotOf } from '../../src/node/raft/invariants.ts';
import { Raft } from '../../src/node/raft/raft.ts';
import type { LogReadRequest, ReadState, Ready, Trace } from '../../src/node/raft/ready.ts';
import type { ReconfigureResult } from '../../src/node/raft/reconfigure.ts';
import { assert } from '../../src/std/assert.ts';
import { bytesFrom } from '../../src/std/bytes.ts';
import { Prng } from '../../src/std/prng.ts';
import { CLUSTER, commandBatch } from './command-batch.ts';
import { expectNone, GroupOracle } from './group-oracle.ts';

/** Tests and dialogues count in ticks of 10 ms, whatever the daemon's tick is. */
const TICK_MS = 10;
const CONFIG: RaftConfig = {
  ...RAFT_CONFIG_DEFAULT,
  tickMs: TICK_MS,
  ...timersOf({ electionTimeoutMsMin: 500, electionTimeoutMsMax: 1000, heartbeatMs: 100 }, TICK_MS),
  reconnectVoteTicksMin: 1,
  reconnectVoteTicksMax: 3,
};

export interface WorldNode {
  readonly number: MemberNumber;
  raft: Raft;
  alive: boolean;
  /** What a crash would leave. */
  hardState: HardState;
  batches: Batch[];
  /** Handed to the log, not synced yet. */
  writes: LogWrite[];
  logReads: LogReadRequest[];
  reads: ReadState[];
  trace: Trace[];
}

export interface WorldOptions {
  readonly voters: number;
  readonly learners?: number;
  readonly sharesMachine?: boolean;
  readonly spares?: number;
  readonly config?: Partial<RaftConfig>;
  readonly seed?: number;
  /** Whether the configuration allows reads by a lease; false unless told. */
  readonly leases?: boolean;
  /** Timers of members that have other ones. */
  readonly configs?: Readonly<Record<number, Partial<RaftConfig>>>;
  /** Whether all connections are up at once; true unless told. */
  readonly connected?: boolean;
  /** Logs to start with, by member: terms of the entries from 2 on (entry 1 is the founding). */
  readonly logs?: Readonly<Record<number, readonly Term[]>>;
  /** Hard states to start with, by member. */
  readonly hardStates?: Readonly<Record<number, HardState>>;
  /** How many of the newest batches are in the cache at the start; all unless told. */
  readonly cachedCount?: number;
}

export class RaftWorld {
  readonly nodes = new Map<MemberNumber, WorldNode>();
  readonly config: RaftConfig;
  readonly cachedCount: number;
  readonly #configs: NonNullable<WorldOptions['configs']>;
  readonly #prng: Prng;
  network: RaftMessage[] = [];
  nowMs = 1000;
  /** Sees every Ready as it is taken. */
  onReady: ((node: WorldNode, ready: Ready) => void) | null = null;
  readonly #oracle = new GroupOracle();
  #requestId = 0;

  constructor(options: WorldOptions) {
    this.config = { ...CONFIG, ...options.config };
    this.#configs = options.configs ?? {};
    this.cachedCount = options.cachedCount ?? Number.POSITIVE_INFINITY;
    this.#prng = new Prng(options.seed ?? 1);
    const count = options.voters + (options.learners ?? 0);
    const members = Array.from({ length: count }, (_, at) => ({
      number: at + 1,
      name: `n${at + 1}`,
      voter: at < options.voters,
      peerAddress: options.sharesMachine === true ? `127.0.0.1:${at + 1}` : '',
      clientAddress: '',
      adminAddress: '',
    }));
    const promiseMs = this.config.electionTimeoutTicksMin * this.config.tickMs;
    const leases = options.leases === true ? { leases: true, promiseMs } : { leases: false };
    const founding = foundingBatch(CLUSTER, { members, ...leases });
    for (let number = 1; number <= count + (options.spares ?? 0); number += 1) {
      const terms = options.logs?.[number] ?? [];
      const batches = [founding, ...terms.map((term, at) => commandBatch(term, at + 2))];
      const lastTerm = terms.at(-1) ?? 1;
      const hardState = options.hardStates?.[number] ?? { ...INITIAL_HARD_STATE, term: lastTerm };
      this.nodes.set(number, this.start({ number, hardState, batches }));
    }
    if (options.connected !== false) this.connectAll();
  }

  get numbers(): MemberNumber[] {
    return [...this.nodes.keys()];
  }

  node(number: MemberNumber): WorldNode {
    const node = this.nodes.get(number);
    assert(node !== undefined, `no member ${number}`);
    return node;
  }

  raft(number: MemberNumber): Raft {
    return this.node(number).raft;
  }

  /** The one leader of the highest term, or 0. */
  get leader(): MemberNumber {
    let best: WorldNode | null = null;
    for (const node of this.nodes.values()) {
      if (!node.alive || node.raft.role !== 'leader') continue;
      if (best === null || node.raft.term > best.raft.term) best = node;
    }
    return best?.number ?? 0;
  }

  /** One turn with one input: checks every invariant, then does what Ready asks for. */
  turn<T>(number: MemberNumber, input: (raft: Raft) => T): T {
    const node = this.node(number);
    const { raft } = node;
    assert(node.alive, `member ${number} is down`);
    const before = snapshotOf(raft);
    raft.beginTurn(this.nowMs);
    const result = input(raft);
    const after = snapshotOf(raft);
    expectNone(number, checkInvariants(before, after));
    const ready = raft.ready();
    const last = snapshotOf(raft);
    expectNone(number, checkInvariants(after, last));
    if (ready !== null) {
      expectNone(number, checkReady(last, ready));
      this.#take(node, ready);
    }
    this.#oracle.check(node, [...this.nodes.values()]);
    return result;
  }

  tick(number: MemberNumber, count = 1): void {
    for (let i = 0; i < count; i += 1) {
      this.nowMs += this.config.tickMs;
      this.turn(number, (raft) => raft.tick());
    }
  }

  tickAll(count = 1): void {
    for (let i = 0; i < count; i += 1) {
      this.nowMs += this.config.tickMs;
      for (const node of this.nodes.values()) {
        if (node.alive) this.turn(node.number, (raft) => raft.tick());
      }
    }
  }

  /** Ticks one member until it stands for election. */
  campaign(number: MemberNumber): void {
    const started = this.node(number).trace.length;
    for (let i = 0; i < 4 * this.config.electionTimeoutTicksMax; i += 1) {
      this.tick(number);
      const stood = this.node(number)
        .trace.slice(started)
        .some((item) => item.type === 'electionStarted');
      if (stood) return;
    }
    throw new Error(`member ${number} never stood for election`);
  }

  /** Makes everything the member has written durable. */
  sync(number: MemberNumber): void {
    const node = this.node(number);
    const last = node.writes.at(-1);
    if (last === undefined) return;
    for (const write of node.writes) {
      if (write.hardState !== null) node.hardState = write.hardState;
      for (const batch of write.batches) {
        node.batches = node.batches.filter((held) => held.last < batch.first);
        node.batches.push(batch);
      }
    }
    node.writes = [];
    this.turn(number, (raft) => raft.logSynced(last.sequence));
  }

  /** Delivers the messages that match, in order, not those they cause. @returns how many. */
  deliver(matches: (message: RaftMessage) => boolean = () => true): number {
    const due = this.network.filter(matches);
    this.network = this.network.filter((message) => !due.includes(message));
    for (const message of due) this.#hand(message);
    return due.length;
  }

  drop(matches: (message: RaftMessage) => boolean = () => true): RaftMessage[] {
    const dropped = this.network.filter(matches);
    this.network = this.network.filter((message) => !dropped.includes(message));
    return dropped;
  }

  /** Hands a message over, whatever the network does. */
  inject(message: RaftMessage): void {
    this.turn(message.to, (raft) => raft.step(message));
  }

  /** Syncs, reads and delivers until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 10_000; round += 1) {
      let busy = this.deliver() > 0;
      for (const node of this.nodes.values()) {
        if (!node.alive) continue;
        if (node.writes.length > 0) {
          this.sync(node.number);
          busy = true;
        }
        if (this.answerLogReads(node.number) > 0) busy = true;
      }
      if (!busy) return;
    }
    throw new Error('the group never comes to rest');
  }

  /** Answers what was asked to be read from the log. @returns how many. */
  answerLogReads(number: MemberNumber): number {
    const node = this.node(number);
    const requests = node.logReads.splice(0);
    for (const { member, from, through, bytesMax } of requests) {
      const found: Batch[] = [];
      let bytes = 0;
      for (const batch of node.batches) {
        if (batch.last < from || batch.first > through) continue;
        bytes += batch.bytes.length;
        if (found.length > 0 && bytes > bytesMax) break;
        found.push(batch);
      }
      this.turn(number, (raft) => raft.logRead(member, found));
    }
    return requests.length;
  }

  /** Makes `number` leader with everything settled. */
  elect(number: MemberNumber): void {
    this.campaign(number);
    this.settle();
    assert(this.raft(number).role === 'leader', `member ${number} was not elected`);
    this.tick(number, this.config.heartbeatTicks);
    this.settle();
  }

  propose(number: MemberNumber, text = 'x', count = 1): ProposeResult {
    const payload = bytesFrom(text);
    return this.turn(number, (raft) =>
      raft.propose({ kind: BATCH_KIND.commands, count, payload, leaderTimeMs: 0 }),
    );
  }

  reconfigure(number: MemberNumber, changes: readonly MemberChange[]): ReconfigureResult {
    return this.turn(number, (raft) => raft.reconfigure(changes));
  }

  read(number: MemberNumber): number {
    this.#requestId += 1;
    const requestId = this.#requestId;
    this.#oracle.readAsked(requestId);
    this.turn(number, (raft) => raft.readIndex(requestId));
    return requestId;
  }

  /** The answer to a read: 0 refused, null not answered yet. */
  readAnswer(number: MemberNumber, requestId: number): LogIndex | null {
    return this.node(number).reads.find((read) => read.requestId === requestId)?.index ?? null;
  }

  connectAll(): void {
    for (const a of this.numbers) {
      for (const b of this.numbers) if (a < b) this.connect(a, b);
    }
  }

  connect(a: MemberNumber, b: MemberNumber): void {
    for (const [at, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (this.node(at).alive) this.turn(at, (raft) => raft.peerUp(other));
    }
  }

  /** Breaks the connection; what was under way on it is lost. */
  disconnect(a: MemberNumber, b: MemberNumber): void {
    this.drop((m) => (m.from === a && m.to === b) || (m.from === b && m.to === a));
    for (const [at, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (this.node(at).alive) this.turn(at, (raft) => raft.peerDown(other));
    }
  }

  isolate(number: MemberNumber): void {
    for (const other of this.numbers) if (other !== number) this.disconnect(number, other);
  }

  heal(number: MemberNumber): void {
    for (const other of this.numbers) if (other !== number) this.connect(number, other);
  }

  /** Kills a member: what was not synced is gone, its connections break. */
  crash(number: MemberNumber): void {
    const node = this.node(number);
    node.alive = false;
    node.writes = [];
    node.logReads = [];
    this.isolate(number);
  }

  restart(number: MemberNumber): void {
    const { hardState, batches } = this.node(number);
    const node = this.start({ number, hardState, batches });
    this.nodes.set(number, node);
    for (const other of this.numbers) {
      if (other !== number && this.node(other).alive) this.connect(number, other);
    }
  }

  /** Terms of a member's log from entry 1. */
  terms(number: MemberNumber): Term[] {
    const { raft } = this.node(number);
    return Array.from({ length: raft.lastIndex }, (_, at) => raft.termAt(at + 1));
  }

  /** Where a member's log begins; behind a snapshot in `SnapshotWorld`. */
  protected beginOf(_number: MemberNumber): Pick<RaftInit, 'snapshot' | 'baseIndex' | 'baseTerm'> {
    return { snapshot: null, baseIndex: 0, baseTerm: 0 };
  }

  protected start(what: Pick<WorldNode, 'number' | 'hardState' | 'batches'>): WorldNode {
    const { number, hardState, batches } = what;
    const begin = this.beginOf(number);
    const runs: TermRun[] = [];
    for (const batch of batches) {
      if (batch.term !== runs.at(-1)?.term) runs.push({ term: batch.term, first: batch.first });
    }
    const raft = new Raft({
      self: number,
      cluster: CLUSTER,
      config: { ...this.config, ...this.#configs[number] },
      prng: this.#prng.fork(),
      hardState,
      ...begin,
      lastIndex: batches.at(-1)?.last ?? begin.baseIndex,
      termRuns: runs,
      configurations: batches.filter((batch) => batch.kind === BATCH_KIND.configuration),
      tail: batches.slice(Math.max(0, batches.length - this.cachedCount)),
    });
    raft.beginTurn(this.nowMs);
    const queues = { writes: [], logReads: [], reads: [], trace: [] };
    return { number, raft, alive: true, hardState, batches, ...queues };
  }

  #take(node: WorldNode, ready: Ready): void {
    if (ready.persist !== null) node.writes.push(ready.persist);
    this.network.push(...ready.messages);
    node.logReads.push(...ready.logReads);
    for (const read of ready.reads) this.#oracle.readAnswered(read);
    node.reads.push(...ready.reads);
    node.trace.push(...ready.trace);
    this.onReady?.(node, ready);
  }

  #hand(message: RaftMessage): void {
    if (this.node(message.to).alive) this.inject(message);
  }
}
