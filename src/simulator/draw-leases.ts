/**
 * What the seeds with leases get besides: leaders are cut off in the ways that have two of them
 * lead for a moment, if a lease lasts too long or a promise too short; clients read all the time;
 * clocks often drift as much as they may.
 */
import type { Prng } from '../std/prng.ts';
import type { FaultEvent, FaultPlan } from './fault-plan.ts';

const LEASES_SHARE = 0.3;
const THINK_MS_MEAN = 30;
const READ_SHARE = 0.7;
/** Echoes must be on their way when a leader is stopped. */
const DELAY_MS_MEAN = 8;
/** Followers notice that the leader's connection broke, or only that it is silent. */
const BREAK_AFTER_MS = [0, 10, 10, 50];
/** As far as clocks may be off (node/raft/lease.ts), and as the simulator ever lets them. */
const RATE_SLOW = 0.9;
const RATE_FAST = 1.1;
/** By then leadership has been handed over, and the new leader has a lease. */
const HAND_OVER_MS = 300;

interface LeaseDraws {
  readonly durationMs: number;
  /** Leases in every seed, clocks as far apart as they may, no messages that are late. */
  readonly always: boolean;
}

/** @returns the plan, changed where leases are on; nothing of any other plan is. */
export function withLeases(
  prng: Prng,
  plan: FaultPlan,
  { durationMs, always }: LeaseDraws,
): FaultPlan {
  if (!prng.chance(LEASES_SHARE) && !always) return plan;
  const leased = { ...plan, leases: true };
  // Those without any fault stay so.
  if (plan.classes.length === 0 || (prng.chance(0.2) && !always)) return leased;
  const slow = prng.between(0, plan.clockRates.length - 1);
  const clockRates =
    prng.chance(0.5) && !always
      ? plan.clockRates
      : plan.clockRates.map((_, at) => (at === slow ? RATE_SLOW : RATE_FAST));
  const late = prng.pick([0, 0, DELAY_MS_MEAN]);
  const weather = {
    ...plan.weather,
    delayMsMean: Math.max(plan.weather.delayMsMean, always ? 0 : late),
    breakAfterMs: prng.pick(BREAK_AFTER_MS),
  };
  const count = Math.ceil((prng.between(2, 6) * durationMs) / (always ? 5000 : 10_000));
  const strands = Array.from({ length: count }, () => {
    const atMs = Math.floor(prng.unit() * durationMs);
    const strand = drawStrand(prng, atMs);
    return always ? [handOver(slow, atMs), ...strand] : strand;
  });
  const events = [...plan.events, ...strands.flat()].sort((a, b) => a.atMs - b.atMs);
  const thinkMsMean = Math.min(plan.thinkMsMean, THINK_MS_MEAN);
  return { ...leased, clockRates, weather, thinkMsMean, readShare: READ_SHARE, events };
}

/** Before a strand, to the member at that place: the one whose lease lasts longest leads. */
function handOver(at: number, atMs: number): FaultEvent {
  const earlier = Math.max(0, atMs - HAND_OVER_MS);
  return { type: 'transfer', atMs: earlier, draw: at << 8, named: true, misled: false };
}

/** A leader is cut off, with something that makes it, or the others, forget what holds. */
function drawStrand(prng: Prng, atMs: number): readonly FaultEvent[] {
  const ms = prng.between(100, 2500);
  const draw = (): number => prng.u32();
  const cut = (lateMs: number): FaultEvent => ({
    ...{ type: 'partition', atMs: atMs + lateMs, draw: draw(), target: 'leader', ms },
    shape: prng.pick(['isolate', 'isolate', 'isolateIn'] as const),
  });
  switch (prng.pick(['alone', 'transfer', 'pause', 'pause', 'restart', 'lopsided'] as const)) {
    case 'alone':
      return [cut(0)];
    case 'transfer':
      return [
        { type: 'transfer', atMs, draw: draw(), named: false, misled: false },
        cut(prng.between(0, 20)),
      ];
    case 'pause': {
      const pauseMs = prng.between(Math.floor(ms / 2), ms);
      return [
        { type: 'pause', atMs, draw: draw(), target: 'leader', ms: pauseMs },
        cut(prng.between(0, 20)),
      ];
    }
    case 'restart': {
      const crash = { type: 'crash', target: 'followers', power: false } as const;
      return [cut(0), { ...crash, atMs: atMs + 1, draw: draw(), ms: prng.between(1, 10) }];
    }
    case 'lopsided':
      // As many as can be spared are out of the leader's reach, so that all hangs on the others.
      return [
        { type: 'partition', shape: 'lopsided', target: 'leader', atMs, draw: draw(), ms: 4000 },
        cut(prng.between(300, 1500)),
      ];
  }
}
