/** One life of a simulated member: what the daemon builds at a start, and what is looked at. */
import type { MemberNumber } from '../node/model/ids.ts';
import type { StateMachine } from '../node/ports/state-machine.ts';
import type { RaftFrontDoor } from '../node/raft/contract.ts';
import { checkInvariants, type RaftSnapshot, snapshotOf } from '../node/raft/invariants.ts';
import { Raft } from '../node/raft/raft.ts';
import type { Replica } from '../node/replica/replica.ts';
import { assert } from '../std/assert.ts';
import type { FaultPlan } from './fault-plan.ts';
import { SimClock, type SimProcess } from './sim-process.ts';
import { Violation } from './violation.ts';

export interface Life {
  readonly process: SimProcess;
  /** Null until its log is open. */
  replica: Replica | null;
  machine: StateMachine | null;
  /** The core after its last turn. */
  snapshot: RaftSnapshot | null;
  /** It is being stopped in order. */
  stopping: boolean;
}

/** What sound wall clocks show when simulated time is 0, but for a tenth of a second a member. */
export const WALL_START_MS = 1_700_000_000_000;

export function clockOf(process: SimProcess, member: MemberNumber, plan: FaultPlan): SimClock {
  return new SimClock(process, {
    rate: plan.clockRates[member - 1] ?? 1,
    monotonicStartMs: member * 1000,
    wallStartMs: WALL_START_MS + member * 100 + (plan.wallOffsetsMs[member - 1] ?? 0),
    turnMs: plan.turnMs,
  });
}

/** The core's own invariants over every turn. */
export function checkCore(life: Life, raft: RaftFrontDoor): void {
  assert(raft instanceof Raft, 'a replica runs the production core');
  const after = snapshotOf(raft);
  const broken = checkInvariants(life.snapshot ?? after, after);
  if (broken.length > 0) throw new Violation('core invariants', broken.join('; '));
  life.snapshot = after;
}
