/**
 * A run's plan: all that is decided before it begins, but for what clients ask. Drawn from a seed
 * (draw-plan.ts) or read from a file (plan-file.ts).
 */
import type { RaftConfig } from '../node/raft/config.ts';
import type { CompactionConfig } from '../node/replica/compaction.ts';
import { SESSION_LIMITS, type SessionLimits } from '../wire/apps/session.ts';
import type { Moment } from './moments.ts';
import type { Weather } from './sim-network.ts';

export type FaultClass =
  | 'delay'
  | 'drop'
  | 'duplicate'
  | 'reorder'
  | 'partition'
  | 'reset'
  | 'slowDisk'
  | 'crash'
  | 'pause'
  | 'drift'
  | 'stop'
  | 'absence'
  | 'diskFull'
  | 'diskError'
  | 'rot'
  | 'transfer'
  | 'moment'
  | 'members';

/** Who is hit is decided when it happens. */
export type Target = 'leader' | 'followers' | 'anybody' | 'everybody';

export type FaultEvent = { readonly atMs: number; readonly draw: number } & (
  | {
      readonly type: 'crash';
      readonly target: Target;
      readonly power: boolean;
      readonly ms: number;
    }
  | { readonly type: 'pause'; readonly target: Target; readonly ms: number }
  | {
      readonly type: 'slowDisk';
      readonly target: Target;
      readonly factor: number;
      readonly ms: number;
    }
  | { readonly type: 'reset' }
  /** An orderly stop, and a start later. */
  | { readonly type: 'stop'; readonly target: Target; readonly ms: number }
  /** The disk has room for so many bytes more. */
  | {
      readonly type: 'diskFull';
      readonly target: Target;
      readonly bytes: number;
      readonly ms: number;
    }
  /** An operation of the disk fails, once, after `skip` that do not. */
  | {
      readonly type: 'diskError';
      readonly target: Target;
      readonly operation: 'write' | 'sync' | 'rename' | 'syncDirectory';
      readonly skip: number;
      /** The machine goes down with the process: what was not synced is left to chance. */
      readonly power: boolean;
      readonly ms: number;
    }
  /** Bytes that were durable change while the process is down. */
  | { readonly type: 'rot'; readonly kind: RotKind; readonly target: Target; readonly ms: number }
  /** The next node to come to that moment dies a little later. */
  | {
      readonly type: 'moment';
      readonly moment: Moment;
      readonly power: boolean;
      readonly afterMs: number;
      readonly ms: number;
    }
  | {
      readonly type: 'partition';
      readonly shape: 'isolate' | 'isolateIn' | 'isolateOut' | 'pair' | 'oneWay' | 'lopsided';
      readonly target: Target;
      readonly ms: number;
    }
  /** Leadership is to be handed over. */
  | {
      readonly type: 'transfer';
      /** Whether the target is named (it may be down, cut off, or the leader itself). */
      readonly named: boolean;
      /** It is asked of anybody, who mostly does not lead. */
      readonly misled: boolean;
    }
  /** One to three members come, go, get or lose their vote. */
  | { readonly type: 'memberChange' }
);

export const NO_SESSIONS = { share: 0, limits: SESSION_LIMITS } as const;

/** One bit, a sector, the end of the file. */
export type RotKind = 'flip' | 'zero' | 'cut';

export interface FaultPlan {
  readonly classes: readonly FaultClass[];
  readonly weather: Weather;
  readonly config: RaftConfig;
  readonly diskMsMin: number;
  readonly diskMsMean: number;
  /** So many of the members, the last ones, are no voters. */
  readonly learners: number;
  /** The members' addresses say that they share a machine, whose disk is fast. */
  readonly sharesMachine: boolean;
  /** Which share of the clients write in sessions, and when those end. */
  readonly sessions: { readonly share: number; readonly limits: SessionLimits };
  /** Whether the cluster retains all of its log. */
  readonly retain: boolean;
  /** Whether the leader answers reads by a lease. */
  readonly leases: boolean;
  /** Per member. */
  readonly clockRates: readonly number[];
  /** Per member: how far its wall clock is off. */
  readonly wallOffsetsMs: readonly number[];
  readonly turnMs: number;
  readonly clients: number;
  readonly keys: number;
  readonly thinkMsMean: number;
  readonly readShare: number;
  /** How much of each value is padding: large ones fill segments. */
  readonly valueBytesMax: number;
  readonly segmentBytes: number;
  /** How often snapshots are taken, and how much log stays behind them. */
  readonly compaction: CompactionConfig;
  readonly events: readonly FaultEvent[];
}

/**
 * `swarm` is the default. `storm` is for mistakes that show only in rare shapes of the log: hasty
 * timeouts, and leaders that fall or are cut off every moment, with all messages of theirs doubled
 * and late. `lag` is for those of snapshots: nodes are away for long, logs are short, and the
 * parts of files come doubled and out of order. `lease` is for those of leases: all read by one,
 * clocks are as far apart as they may, leaders are cut off. `power` is for those of the disk: power
 * goes again and again, mostly while something is written.
 */
export type Profile = 'swarm' | 'storm' | 'lag' | 'lease' | 'power';

export const PROFILES: readonly Profile[] = ['swarm', 'storm', 'lag', 'lease', 'power'];
