/** One life of a simulated member: what the daemon builds at a start, and what is looked at. */
import type { ClusterId, MemberNumber } from '../node/model/ids.ts';
import type { Clock } from '../node/ports/clock.ts';
import type { Disk } from '../node/ports/disk.ts';
import type { StateMachine } from '../node/ports/state-machine.ts';
import type { RaftFrontDoor } from '../node/raft/contract.ts';
import { checkInvariants, type RaftSnapshot, snapshotOf } from '../node/raft/invariants.ts';
import { Raft } from '../node/raft/raft.ts';
import type { Replica } from '../node/replica/replica.ts';
import { segmentSequence } from '../node/wal/segment.ts';
import { archiveBeside } from '../node/wal/segment-files.ts';
import { openSnapshots } from '../node/wal/snapshot-files.ts';
import { openLog } from '../node/wal/wal.ts';
import { assert } from '../std/assert.ts';
import { SILENT_LOG } from '../std/log.ts';
import type { Prng } from '../std/prng.ts';
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

/** Of a member's log, on its disk. */
export const DIRECTORY = 'log';
const SNAPSHOTS = 'snapshots';

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
export function checkCore(life: Life, raft: RaftFrontDoor): RaftSnapshot {
  assert(raft instanceof Raft, 'a replica runs the production core');
  const after = snapshotOf(raft);
  const broken = checkInvariants(life.snapshot ?? after, after);
  if (broken.length > 0) throw new Violation('core invariants', broken.join('; '));
  life.snapshot = after;
  return after;
}

/**
 * Nothing of a log that is retained is gone: what is not in it any more is in its archive (I31).
 * @returns how many of its segments are there.
 */
export async function checkRetained(disk: Disk, member: MemberNumber): Promise<number> {
  const archived = await segmentsIn(disk, archiveBeside(DIRECTORY));
  const kept = await segmentsIn(disk, DIRECTORY);
  const all = [...archived, ...kept].sort((a, b) => a - b);
  const missing = all.findIndex((sequence, at) => sequence !== at + 1);
  if (missing < 0) return archived.length;
  const detail = `n${member} retains all of its log, but has no segment ${missing + 1}`;
  throw new Violation('I31 retained log', detail);
}

async function segmentsIn(disk: Disk, directory: string): Promise<readonly number[]> {
  return (await disk.list(directory)).flatMap((name) => segmentSequence(name) ?? []);
}

/** Opens what a life finds on its disk. @param warn is told one thing by the log: a tail is cut. */
export async function openStores(init: {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Prng;
  readonly warn: () => void;
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  readonly plan: FaultPlan;
}) {
  const { disk, clock, random, warn, cluster, member, plan } = init;
  const snapshots = await openSnapshots({ disk, directory: SNAPSHOTS, cluster, app: 'kvstore' });
  const snapshot = snapshots.newest?.meta ?? null;
  const log = await openLog({
    ...{ disk, directory: DIRECTORY, clock, snapshot, cluster, member, random },
    ...{ segmentBytes: plan.segmentBytes, tailBytesMax: plan.config.cacheBytesMax },
    log: { ...SILENT_LOG, warn },
  });
  return { log, snapshots, snapshot };
}
