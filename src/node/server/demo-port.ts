/**
 * What all clients of raft-demo on a port share: who acts on a command, where its answer goes.
 *
 * Those clients send every command to every replica. So only the leader acts on it; the others
 * count it and are silent. While nobody leads a command is kept for a moment, on every replica, and
 * whoever becomes leader acts on it. A get of A is answered by every replica that was asked, over
 * its connection; so is all else that a port was told to hand on to the leader.
 */
import type { DemoCommand } from '../../wire/dialects/raft-demo-command.ts';
import { encodeDemoEntry } from '../../wire/dialects/raft-demo-entry.ts';
import type { DemoGeneration } from '../../wire/dialects/raft-demo-stream.ts';
import type { ProposalWaiter, ReplicaFrontDoor } from '../replica/contract.ts';
import { Datagrams } from './demo-datagrams.ts';
import type { DemoValues } from './demo-values.ts';
import type { ServerLimits } from './limits.ts';
import type { Turns } from './turns.ts';

export interface DemoPortParts {
  readonly replica: ReplicaFrontDoor;
  readonly turns: Turns;
  readonly limits: ServerLimits;
  /** Whether another node leads; without a leader neither is true. */
  isFollower(): boolean;
  isLeader(): boolean;
  /** A command has come, whatever becomes of it. */
  counted(): void;
}

export interface DemoWaiter extends ProposalWaiter {
  /** Another node acts on it. */
  dropped(): void;
}

export interface DemoRequest {
  readonly generation: DemoGeneration;
  readonly command: DemoCommand;
  readonly waiter: DemoWaiter;
}

/** A command is kept so long while nobody leads. */
const LEADER_WAIT_MS_MAX = 1000;
/** Over these further commands are dropped, as raft-demo drops all. */
const KEPT_MAX = 10_000;
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export class DemoPort {
  readonly parts: DemoPortParts;
  readonly datagrams: Datagrams;
  /** How values are stored. */
  readonly values: DemoValues;
  readonly #forwards: { readonly text: boolean; readonly datagrams: boolean };
  #kept: { readonly request: DemoRequest; readonly sinceMs: number }[] = [];
  #keptBytes = 0;

  constructor(
    parts: DemoPortParts,
    init: {
      /** What a node that does not lead hands on: commands of A, those of B and C. */
      readonly forwards: { readonly text: boolean; readonly datagrams: boolean };
      readonly values: DemoValues;
    },
  ) {
    this.parts = parts;
    this.values = init.values;
    this.#forwards = init.forwards;
    this.datagrams = new Datagrams(parts.turns);
    parts.replica.onTurnEnd(() => this.#turnEnded());
  }

  /** Acts on it, keeps it, or drops it: then its waiter is never told. @returns whether it will. */
  take(request: DemoRequest): boolean {
    const { isFollower, isLeader } = this.parts;
    // Nothing overtakes what is kept.
    if (this.#kept.length > 0 || (!isFollower() && !isLeader())) return this.#keep(request);
    if (isFollower() && !this.#isForAll(request)) return false;
    this.#propose(request);
    return true;
  }

  sweep(nowMs: number): void {
    let old = 0;
    for (const { sinceMs } of this.#kept) {
      if (nowMs - sinceMs <= LEADER_WAIT_MS_MAX) break;
      old += 1;
    }
    const dropped = this.#kept.splice(0, old);
    for (const { request } of dropped) {
      this.#keptBytes -= sizeOf(request);
      request.waiter.settle('noLeader', null);
    }
    if (old > 0) this.parts.turns.planFlush();
  }

  close(): void {
    this.datagrams.close();
  }

  #isForAll({ generation, command }: DemoRequest): boolean {
    if (generation !== 'A') return this.#forwards.datagrams;
    return this.#forwards.text || command.op === 'get';
  }

  #keep(request: DemoRequest): boolean {
    if (this.#kept.length >= KEPT_MAX || this.#keptBytes >= KEPT_BYTES_MAX) return false;
    this.#kept.push({ request, sinceMs: Date.now() });
    this.#keptBytes += sizeOf(request);
    return true;
  }

  #turnEnded(): void {
    if (this.#kept.length === 0) return;
    const { isFollower, isLeader } = this.parts;
    if (!isFollower() && !isLeader()) return;
    const leads = isLeader();
    const kept = this.#kept;
    this.#kept = [];
    this.#keptBytes = 0;
    for (const { request } of kept) {
      if (leads || this.#isForAll(request)) this.#propose(request);
      else request.waiter.dropped();
    }
    this.parts.turns.planFlush();
  }

  #propose({ command, waiter }: DemoRequest): void {
    const stored =
      command.op === 'set' ? { ...command, value: this.values.stored(command.value) } : command;
    this.parts.replica.propose(encodeDemoEntry(stored), waiter);
  }
}

function sizeOf({ command }: DemoRequest): number {
  return command.key.length + command.value.length;
}
