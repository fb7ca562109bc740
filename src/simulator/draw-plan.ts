/**
 * Draws the plan of a seed. Swarm testing: each class of faults is on or off per seed and its
 * strength is drawn, because a mix of everything hides what a few faults alone would show. A tenth
 * of the seeds has no faults (an oracle that is too strict shows there).
 */
import { RAFT_CONFIG_DEFAULT, timersOf } from '../node/raft/config.ts';
import type { Prng } from '../std/prng.ts';
import { SESSION_LIMITS } from '../wire/apps/session.ts';
import { withLeases } from './draw-leases.ts';
import { drawLag, drawMoments, drawPowerCuts, drawsOneSize, oneKey } from './draw-moments.ts';
import { drawSnapshots, EAGER_COMPACTION, withRetained } from './draw-snapshots.ts';
import {
  type FaultClass,
  type FaultEvent,
  type FaultPlan,
  NO_SESSIONS,
  type Profile,
  type Target,
} from './fault-plan.ts';
import { logUniform } from './log-uniform.ts';
import type { Weather } from './sim-network.ts';

const FAULT_CLASSES: readonly FaultClass[] = [
  ...(['delay', 'drop', 'duplicate', 'reorder', 'partition'] as const),
  ...(['reset', 'slowDisk', 'crash', 'pause', 'drift'] as const),
];

/** Drawn after everything else, so that they change nothing of the rest of a seed. */
const LATER_CLASSES: readonly FaultClass[] = [
  ...(['stop', 'diskFull', 'diskError', 'rot', 'absence'] as const),
];

const PROFILE_CLASSES: Readonly<Record<Exclude<Profile, 'swarm'>, readonly FaultClass[]>> = {
  storm: ['delay', 'duplicate', 'reorder', 'partition', 'reset', 'crash'],
  lag: ['delay', 'drop', 'duplicate', 'reorder', 'partition', 'reset'],
  lease: ['partition', 'reset', 'pause', 'drift'],
  power: ['drop', 'reset', 'slowDisk', 'crash'],
};

const DAY_MS = 86_400_000;
/** The daemon's tick, and a finer one. */
const TICKS_MS = [10, RAFT_CONFIG_DEFAULT.tickMs] as const;

export interface PlanInit {
  readonly nodes: number;
  readonly durationMs: number;
  readonly profile: Profile;
}

export function drawPlan(prng: Prng, { nodes, durationMs, profile }: PlanInit): FaultPlan {
  const storm = profile === 'storm';
  const busy = profile !== 'swarm';
  const classes = profile === 'swarm' ? drawClasses(prng) : PROFILE_CLASSES[profile];
  const has = (name: FaultClass): boolean => classes.includes(name);
  const electionMin = Math.round(logUniform(prng, storm ? 4 : 8, storm ? 12 : 50));
  const plan = {
    classes,
    weather: drawWeather(prng, has, storm),
    timeouts: {
      electionTimeoutMsMin: 10 * electionMin,
      electionTimeoutMsMax: 10 * electionMin * prng.between(2, 3),
      heartbeatMs: 10 * Math.floor(electionMin / prng.between(4, 8)),
    },
    config: {
      ...RAFT_CONFIG_DEFAULT,
      inflightBatchesMax: prng.pick([2, 16, 256]),
      cacheBytesMax: prng.pick([4 * 1024, 64 * 1024, RAFT_CONFIG_DEFAULT.cacheBytesMax]),
      appendBytesMax: prng.pick([1024, 16 * 1024, RAFT_CONFIG_DEFAULT.appendBytesMax]),
    },
    diskMsMin: 0.1,
    diskMsMean: has('slowDisk') ? logUniform(prng, 0.5, 20) : 0.3,
    clockRates: Array.from({ length: nodes }, () => (has('drift') ? 0.9 + prng.unit() * 0.2 : 1)),
    // With drift, one member's wall clock is a day off, where it is not a majority by itself;
    // nothing more is drawn for it.
    wallOffsetsMs: Array.from({ length: nodes }, (_, at) =>
      has('drift') && nodes >= 3 && at === electionMin % nodes
        ? (electionMin % 2 === 0 ? 1 : -1) * DAY_MS
        : 0,
    ),
    turnMs: logUniform(prng, 0.02, 0.5),
    clients: prng.between(3, 8),
    keys: prng.between(1, 8),
    thinkMsMean: busy ? logUniform(prng, 5, 20) : logUniform(prng, 20, 300),
    readShare: prng.pick([0.2, 0.5, 0.7]),
    valueBytesMax: prng.pick([16, 64, 1024]),
    segmentBytes: prng.pick([16, 64]) * 1024,
    events: drawEvents(prng, has, { durationMs, storm }),
  };
  // Drawn last: the other draws of a seed are the same with and without these.
  const { parts, compaction } = drawSnapshots(prng);
  const { timeouts, ...rest } = plan;
  const tickMs = prng.pick(TICKS_MS);
  const config = { ...plan.config, ...parts, tickMs, ...timersOf(timeouts, tickMs) };
  const later = drawLater(prng.fork(), classes, { nodes, durationMs, storm });
  const own = drawOwn(prng, profile, durationMs);
  const absent = later.classes.includes('absence') || profile === 'lag';
  const wishes = drawTransfers(prng.fork(), durationMs);
  const moments = drawMoments(prng.fork(), { calm: classes.length === 0, durationMs });
  const valueBytesMax = drawsOneSize(prng.fork()) ? 0 : rest.valueBytesMax;
  const changes = later.classes.includes('rot') ? [] : drawMemberChanges(prng.fork(), durationMs);
  const asked: FaultClass[] = wishes.length === 0 ? [] : ['transfer'];
  if (changes.length > 0) asked.push('members');
  const drawn = {
    ...{ ...rest, config, valueBytesMax },
    compaction: absent ? { ...compaction, ...EAGER_COMPACTION } : compaction,
    classes: [...classes, ...later.classes, ...asked, ...moments.classes],
    learners: later.learners,
    sharesMachine: later.sharesMachine,
    ...{ leases: false, retain: false },
    sessions: drawSessions(prng.fork()),
    // A member whose clock is a day off must not become a majority by itself.
    wallOffsetsMs: changes.length === 0 ? plan.wallOffsetsMs : [],
    events: [
      ...plan.events,
      ...later.events,
      ...wishes,
      ...moments.events,
      ...own,
      ...changes,
    ].sort((a, b) => a.atMs - b.atMs),
  };
  return withRest(prng, drawn, { profile, durationMs });
}

/** What came to the simulator last. */
function withRest(
  prng: Prng,
  drawn: FaultPlan,
  { profile, durationMs }: Pick<PlanInit, 'profile' | 'durationMs'>,
): FaultPlan {
  const sized = profile === 'power' ? oneKey(drawn) : drawn;
  const leased = withLeases(prng.fork(), sized, { durationMs, always: profile === 'lease' });
  return withRetained(prng.fork(), leased);
}

/** Faults that only this profile has. */
function drawOwn(prng: Prng, profile: Profile, durationMs: number): readonly FaultEvent[] {
  if (profile === 'lag') return drawLag(prng.fork(), durationMs);
  return profile === 'power' ? drawPowerCuts(prng.fork(), durationMs) : [];
}

/** In two seeds of five half of the clients write in sessions, which often end too soon. */
function drawSessions(prng: Prng): FaultPlan['sessions'] {
  if (!prng.chance(0.4)) return NO_SESSIONS;
  const limits = {
    ...SESSION_LIMITS,
    idleMs: Math.round(logUniform(prng, 200, 60_000)),
    sessionsMax: prng.pick([2, 4, 1000]),
  };
  return { share: 0.5, limits };
}

/** What came to the simulator after the rest: orderly stops, troubles of disks, learners. */
function drawLater(
  prng: Prng,
  others: readonly FaultClass[],
  size: { readonly nodes: number; readonly durationMs: number; readonly storm: boolean },
) {
  const calm = others.length === 0;
  const classes = calm ? [] : LATER_CLASSES.filter(() => prng.chance(0.25));
  const learners = size.nodes >= 4 && prng.chance(0.3) ? 1 : 0;
  const events = drawLaterEvents(prng, classes, size);
  return { classes, learners, events, sharesMachine: prng.chance(0.5) };
}

function drawLaterEvents(
  prng: Prng,
  classes: readonly FaultClass[],
  { nodes, durationMs }: { readonly nodes: number; readonly durationMs: number },
): readonly FaultEvent[] {
  const events: FaultEvent[] = [];
  const target = (): Target => (prng.chance(0.5) ? 'leader' : 'anybody');
  const times = (count: number, make: () => FaultEvent): void => {
    for (let i = 0; i < count; i += 1) events.push(make());
  };
  const at = () => ({ atMs: Math.floor(prng.unit() * durationMs), draw: prng.u32() });
  const seconds = durationMs / 1000;
  if (classes.includes('stop')) {
    times(Math.ceil(seconds * logUniform(prng, 0.05, 0.5)), () => ({
      ...{ type: 'stop', ...at(), target: target(), ms: logUniform(prng, 5, 2000) },
    }));
  }
  if (classes.includes('absence')) {
    times(Math.ceil(seconds / 8), () => ({
      ...{ type: 'crash', ...at(), target: 'anybody', power: prng.chance(0.5) },
      ms: logUniform(prng, 1000, 8000),
    }));
  }
  if (classes.includes('diskFull')) {
    times(Math.ceil(seconds / 20), () => ({
      ...{ type: 'diskFull', ...at(), target: target() },
      ...{ bytes: prng.between(0, 32 * 1024), ms: logUniform(prng, 200, 5000) },
    }));
  }
  if (classes.includes('diskError')) {
    times(prng.between(1, 3), () => ({
      ...{ type: 'diskError', ...at(), target: target(), skip: prng.between(0, 4) },
      operation: prng.pick(['write', 'sync', 'sync', 'rename', 'syncDirectory'] as const),
      ...{ power: prng.chance(0.5), ms: logUniform(prng, 5, 2000) },
    }));
  }
  // Where a majority stays whole without it.
  if (classes.includes('rot') && nodes >= 3) {
    times(1, () => ({
      ...{ type: 'rot', ...at(), target: target(), ms: logUniform(prng, 5, 500) },
      kind: prng.pick(['flip', 'flip', 'flip', 'zero', 'cut'] as const),
    }));
  }
  return events;
}

/** Half of the seeds hand leadership over, from now and then to all the time. */
function drawTransfers(prng: Prng, durationMs: number): readonly FaultEvent[] {
  if (prng.chance(0.5)) return [];
  const count = Math.ceil((logUniform(prng, 0.1, 5) * durationMs) / 1000);
  return Array.from({ length: count }, () => ({
    ...{ type: 'transfer', atMs: Math.floor(prng.unit() * durationMs), draw: prng.u32() },
    ...{ named: prng.chance(0.7), misled: prng.chance(0.1) },
  }));
}

/** Half of the seeds change their members; none with a rotten disk: a majority may hang on it. */
function drawMemberChanges(prng: Prng, durationMs: number): readonly FaultEvent[] {
  if (prng.chance(0.5)) return [];
  const count = Math.ceil((logUniform(prng, 0.3, 3) * durationMs) / 1000);
  return Array.from({ length: count }, () => ({
    ...{ type: 'memberChange', atMs: Math.floor(prng.unit() * durationMs), draw: prng.u32() },
  }));
}

function drawClasses(prng: Prng): readonly FaultClass[] {
  const kind = prng.unit();
  if (kind < 0.1) return [];
  if (kind < 0.25) return [prng.pick(FAULT_CLASSES)];
  return FAULT_CLASSES.filter(() => prng.chance(0.5));
}

function drawWeather(prng: Prng, has: (name: FaultClass) => boolean, storm: boolean): Weather {
  const slow = has('delay');
  return {
    delayMsMin: slow ? logUniform(prng, 0.2, 20) : 0.1,
    delayMsMean: slow ? logUniform(prng, 0.5, storm ? 10 : 30) : 0.1,
    dropChance: has('drop') ? logUniform(prng, 0.005, 0.3) : 0,
    duplicateChance: has('duplicate') ? logUniform(prng, storm ? 0.3 : 0.01, 0.5) : 0,
    reorderChance: has('reorder') ? logUniform(prng, 0.01, 0.5) : 0,
    reorderMsMax: logUniform(prng, 5, 2000),
    breakAfterMs: prng.pick([0, 100, 1000]),
    reconnectMs: logUniform(prng, 5, 200),
  };
}

function drawEvents(
  prng: Prng,
  has: (name: FaultClass) => boolean,
  { durationMs, storm }: { readonly durationMs: number; readonly storm: boolean },
): readonly FaultEvent[] {
  const events: FaultEvent[] = [];
  const ratesMin = storm ? 1 : 0.1;
  const factor = storm ? 3 : 1;
  const times = (name: FaultClass, mostPerSecond: number, make: (atMs: number) => FaultEvent) => {
    if (!has(name)) return;
    const count = Math.ceil(
      (logUniform(prng, ratesMin, mostPerSecond * factor) * durationMs) / 1000,
    );
    for (let i = 0; i < count; i += 1) events.push(make(Math.floor(prng.unit() * durationMs)));
  };
  const target = (): Target =>
    prng.chance(0.06) ? 'everybody' : prng.chance(0.5) ? 'leader' : 'anybody';
  const draw = (): number => prng.u32();
  times('crash', 1, (atMs) => ({
    ...{ type: 'crash', atMs, draw: draw(), target: target(), power: prng.chance(0.7) },
    ms: logUniform(prng, 5, 4000 / factor ** 2),
  }));
  times('pause', 1, (atMs) => ({
    ...{ type: 'pause', atMs, draw: draw(), target: target() },
    ms: logUniform(prng, 5, 3000),
  }));
  times('slowDisk', 0.3, (atMs) => ({
    ...{ type: 'slowDisk', atMs, draw: draw(), target: target() },
    ...{ factor: logUniform(prng, 5, 100), ms: logUniform(prng, 100, 5000) },
  }));
  times('reset', 2, (atMs) => ({ type: 'reset', atMs, draw: draw() }));
  times('partition', 1, (atMs) => ({
    ...{ type: 'partition', atMs, draw: draw(), target: target() },
    shape: prng.pick(['isolate', 'isolate', 'isolateIn', 'isolateOut', 'pair', 'oneWay'] as const),
    ms: logUniform(prng, 50, 5000 / factor ** 2),
  }));
  return events.sort((a, b) => a.atMs - b.atMs);
}
