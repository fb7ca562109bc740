/**
 * Why a leader was lost, judged from the events around an election. The rules are tried from the
 * most certain to the least; the first that finds its evidence decides.
 *
 * ```
 *  stop          the leader said that it stops, handing over first or not
 *  transfer      leadership was handed over on request
 *  diskFull      the leader stepped down as its disk was full
 *  gc            the leader's loop stood still, most of it in the garbage collector
 *  stall         ... most of it computing
 *  slowDisk      ... waiting for a write or a sync of its log
 *  pause         ... and it used no processor: stopped, or starved, by the system
 *  kill          connections broke and the leader's process is another one afterwards, or none
 *  partition     the leader went on living, but did not reach a majority
 *  start         nobody had led yet
 * ```
 */
import type { EventData, NodeEvent } from '../wire/events.ts';
import type { Standing } from './ballots.ts';
import { isOf, monoMs } from './timeline.ts';

export type CauseClass =
  | 'start'
  | 'transfer'
  | 'stop'
  | 'kill'
  | 'pause'
  | 'stall'
  | 'gc'
  | 'slowDisk'
  | 'diskFull'
  | 'partition'
  | 'unknown';

export interface Cause {
  readonly class: CauseClass;
  /** Whom it concerns. */
  readonly node: string | null;
  /** A sentence for people. */
  readonly text: string;
}

export interface CauseQuestion {
  readonly term: number;
  readonly previousLeader: string | null;
  readonly standings: readonly Standing[];
  readonly startedMonoMs: number;
  /** Of all nodes, in order, around the election. */
  readonly events: readonly NodeEvent[];
}

type Rule = (question: CauseQuestion, leader: string) => Cause | null;

/** Of a pause, this share must be spent on something to blame it. */
const BLAME_SHARE = 0.5;
/** Who computes gets this much of the processor even on a crowded machine. */
const BUSY_SHARE = 0.05;
/** A stop is announced, and its election follows within this. */
const STOP_MS_MAX = 10_000;
/** A standstill is told so long after its end. */
const STALL_TOLD_MS = 100;
/** A write that held the process up is synced so long after that, at most. */
const SYNC_LATE_MS = 3000;
/** Of a leader whose connection broke, the time in which it must have stood still. */
const SILENCE_MS_MIN = 100;

const RULES: readonly Rule[] = [byStop, byTransfer, byFullDisk, byStandstill, byDeath, byPartition];

export function causeOf(question: CauseQuestion): Cause {
  const leader = question.previousLeader;
  if (leader === null) {
    return { class: 'start', node: null, text: 'nobody led before, as far as the events go back' };
  }
  const own = { ...question, events: ofThatRule(question, leader) };
  for (const rule of RULES) {
    const cause = rule(own, leader);
    if (cause !== null) return cause;
  }
  const text = `${leader} was not heard any more, and nothing tells why`;
  return { class: 'unknown', node: leader, text };
}

/**
 * What happened while the leader led the term that it lost, and until it leads again: a stop or a
 * standstill of before was the end of another term.
 */
function ofThatRule({ events, term }: CauseQuestion, leader: string): readonly NodeEvent[] {
  const elected = events.filter((e) => e.node === leader && isOf(e, 'leader.elected'));
  const begin = elected.findLast((event) => event.term < term);
  const again = elected.find((event) => event.term > term);
  const fromMs = begin === undefined ? Number.NEGATIVE_INFINITY : monoMs(begin);
  const untilMs = again === undefined ? Number.POSITIVE_INFINITY : monoMs(again);
  return events.filter((event) => monoMs(event) >= fromMs && monoMs(event) < untilMs);
}

function heirOf(standings: readonly Standing[]): Standing | undefined {
  return standings.find((standing) => standing.reason === 'transfer');
}

function byTransfer({ standings }: CauseQuestion, leader: string): Cause | null {
  const heir = heirOf(standings);
  if (heir === undefined) return null;
  return {
    class: 'transfer',
    node: leader,
    text: `${leader} handed leadership over to ${heir.node}`,
  };
}

function byStop({ events, standings, startedMonoMs }: CauseQuestion, leader: string): Cause | null {
  for (const event of events) {
    if (event.node !== leader || !isOf(event, 'node.stopping')) continue;
    const beforeMs = startedMonoMs - monoMs(event);
    if (beforeMs < -500 || beforeMs > STOP_MS_MAX) continue;
    const heir = heirOf(standings);
    const handed = heir === undefined ? '' : `, and handed leadership over to ${heir.node}`;
    const text = `${leader} stopped: ${event.data.reason}${handed}`;
    return { class: 'stop', node: leader, text };
  }
  return null;
}

function byFullDisk({ events }: CauseQuestion, leader: string): Cause | null {
  const full = steppedDown(events, leader)?.reason === 'diskFull';
  if (!full) return null;
  return { class: 'diskFull', node: leader, text: `${leader} stepped down: its disk is full` };
}

/** The leader told, when it woke, that it had stood still at that time. */
function byStandstill(question: CauseQuestion, leader: string): Cause | null {
  const stalls = question.events.filter((event) => event.node === leader);
  const found = stalls.filter((event) => isOf(event, 'process.stalled'));
  const share = (event: NodeEvent<'process.stalled'>): number => silenceShare(question, event);
  const longest = found.reduce(
    (best: NodeEvent<'process.stalled'> | null, event) =>
      best === null || share(event) > share(best) ? event : best,
    null,
  );
  if (longest === null || share(longest) < BLAME_SHARE) return null;
  const data = { ...longest.data, syncMs: slowSyncMs(stalls, longest) };
  const kind = classOfStandstill(data);
  return { class: kind, node: leader, text: STANDSTILLS[kind](leader, data) };
}

/** The write that it stood still in may have been done only after it told of the standstill. */
function slowSyncMs(own: readonly NodeEvent[], stall: NodeEvent<'process.stalled'>): number {
  const toldMs = monoMs(stall);
  const slow = own.flatMap((event) => {
    const sinceMs = monoMs(event) - toldMs;
    const isNear = sinceMs > -stall.data.delayMs && sinceMs < SYNC_LATE_MS;
    return isNear && isOf(event, 'sync.slow') ? [event.data.durationMs] : [];
  });
  return Math.max(stall.data.syncMs ?? 0, ...slow);
}

/**
 * The share of the silence that made somebody stand for election in which the leader stood still:
 * its drawn timeout when that had run out, else the moment when the connection broke.
 */
function silenceShare(
  { standings, startedMonoMs }: CauseQuestion,
  event: NodeEvent<'process.stalled'>,
): number {
  const [first] = standings;
  const waited = first?.reason === 'timeout' ? first.timeoutMs : 0;
  const silentMs = Math.max(waited, SILENCE_MS_MIN);
  const [fromMs, untilMs] = [startedMonoMs - silentMs, startedMonoMs];
  // Told with the second look after it.
  const endMs = monoMs(event) - STALL_TOLD_MS;
  const beginMs = endMs - event.data.delayMs;
  return (Math.min(endMs, untilMs) - Math.max(beginMs, fromMs)) / silentMs;
}

type Standstill = EventData['process.stalled'];

const STANDSTILLS = {
  gc: (leader: string, { delayMs, gcMs }: Standstill) =>
    `${leader} collected garbage for ${Math.round(gcMs)} of ${Math.round(delayMs)} ms`,
  stall: (leader: string, { delayMs, cpuMs }: Standstill) =>
    `${leader} computed for ${Math.round(delayMs)} ms without a break` +
    (cpuMs > delayMs * BLAME_SHARE ? '' : `, and had the processor for ${Math.round(cpuMs)} of it`),
  slowDisk: (leader: string, { delayMs, syncMs = 0 }: Standstill) =>
    `${leader} stood still for ${Math.round(delayMs)} ms: a write to its log took ${Math.round(syncMs)} ms`,
  pause: (leader: string, { delayMs, resumed }: Standstill) =>
    `${leader} stood still for ${Math.round(delayMs)} ms without using the processor: ` +
    (resumed === true ? 'it was stopped and resumed (SIGSTOP, SIGCONT)' : 'paused or starved'),
};

/** What a process did while it stood still: its collector, its own work, its disk, or nothing. */
export function classOfStandstill({
  delayMs,
  cpuMs,
  gcMs,
  waitMs = 0,
  syncMs = 0,
  resumed = false,
}: Standstill): keyof typeof STANDSTILLS {
  const blamedMs = delayMs * BLAME_SHARE;
  if (gcMs > blamedMs) return 'gc';
  if (cpuMs > blamedMs) return 'stall';
  // Who only wakes now and then is served soon: to want the processor all the time is to compute.
  if (cpuMs + waitMs > blamedMs && cpuMs > delayMs * BUSY_SHARE) return 'stall';
  // A sync that was under way when the process was stopped seems to have taken as long.
  if (resumed || waitMs > blamedMs) return 'pause';
  return syncMs > blamedMs ? 'slowDisk' : 'pause';
}

function byDeath({ events, startedMonoMs }: CauseQuestion, leader: string): Cause | null {
  const lost = events.filter((e) => isOf(e, 'peer.disconnected') && e.data.peer === leader);
  const near = lost.find((e) => Math.abs(monoMs(e) - startedMonoMs) < STOP_MS_MAX);
  if (near === undefined) return null;
  const lostMs = monoMs(near);
  const own = events.filter((event) => event.node === leader);
  const after = own.filter((event) => monoMs(event) > lostMs);
  const before = own.findLast((event) => monoMs(event) <= lostMs);
  const restarted = after.find((event) => event.type === 'node.started');
  if (restarted !== undefined) {
    return { class: 'kill', node: leader, text: `${leader} died and was started again later` };
  }
  const lives = after.some((e) => before === undefined || e.incarnation === before.incarnation);
  if (lives) return null;
  return { class: 'kill', node: leader, text: `${leader} died: its connections broke at once` };
}

function byPartition({ events, standings }: CauseQuestion, leader: string): Cause | null {
  const end = steppedDown(events, leader);
  if (end?.reason === 'checkQuorum') {
    return {
      class: 'partition',
      node: leader,
      text: `${leader} did not reach a majority any more`,
    };
  }
  const silent = standings[0]?.reason === 'timeout';
  if (end?.reason !== 'higherTerm' && !(silent && lives(events, leader))) return null;
  const text = `${leader} went on living, but was not heard by those who elected another`;
  return { class: 'partition', node: leader, text };
}

function lives(events: readonly NodeEvent[], node: string): boolean {
  return events.some((event) => event.node === node);
}

function steppedDown(events: readonly NodeEvent[], leader: string): { reason: string } | null {
  const found = events.find((e) => e.node === leader && isOf(e, 'leader.steppedDown'));
  return found !== undefined && isOf(found, 'leader.steppedDown') ? found.data : null;
}
