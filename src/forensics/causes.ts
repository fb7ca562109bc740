/**
 * Why a leader was lost, judged from the events around an election. The rules are tried from the
 * most certain to the least; the first that finds its evidence decides.
 *
 * ```
 *  transfer      leadership was handed over on request
 *  stop          the leader said that it stops
 *  diskFull      the leader stepped down as its disk was full
 *  gc            the leader's loop stood still, most of it in the garbage collector
 *  stall         ... most of it computing
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
/** A stop is announced, and its election follows within this. */
const STOP_MS_MAX = 10_000;

const RULES: readonly Rule[] = [byTransfer, byStop, byFullDisk, byStandstill, byDeath, byPartition];

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

function byTransfer({ standings }: CauseQuestion, leader: string): Cause | null {
  const heir = standings.find((standing) => standing.reason === 'transfer');
  if (heir === undefined) return null;
  return {
    class: 'transfer',
    node: leader,
    text: `${leader} handed leadership over to ${heir.node}`,
  };
}

function byStop({ events, startedMonoMs }: CauseQuestion, leader: string): Cause | null {
  for (const event of events) {
    if (event.node !== leader || !isOf(event, 'node.stopping')) continue;
    const beforeMs = startedMonoMs - monoMs(event);
    if (beforeMs < -500 || beforeMs > STOP_MS_MAX) continue;
    return { class: 'stop', node: leader, text: `${leader} stopped: ${event.data.reason}` };
  }
  return null;
}

function byFullDisk({ events }: CauseQuestion, leader: string): Cause | null {
  const full = steppedDown(events, leader)?.reason === 'diskFull';
  if (!full) return null;
  return { class: 'diskFull', node: leader, text: `${leader} stepped down: its disk is full` };
}

/** The leader told, when it woke, that it had stood still at that time. */
function byStandstill({ events, startedMonoMs }: CauseQuestion, leader: string): Cause | null {
  for (const event of events) {
    if (event.node !== leader || !isOf(event, 'process.stalled')) continue;
    const { delayMs, gcMs } = event.data;
    const endMs = monoMs(event);
    if (endMs < startedMonoMs - 500 || endMs - delayMs > startedMonoMs) continue;
    const ms = `${Math.round(delayMs)} ms`;
    const kind = classOfStandstill(event.data);
    return { class: kind, node: leader, text: STANDSTILLS[kind](leader, ms, gcMs) };
  }
  return null;
}

const STANDSTILLS = {
  gc: (leader: string, ms: string, gcMs: number) =>
    `${leader} collected garbage for ${Math.round(gcMs)} of ${ms}`,
  stall: (leader: string, ms: string) => `${leader} computed for ${ms} without a break`,
  pause: (leader: string, ms: string) =>
    `${leader} stood still for ${ms} without using the processor: paused or starved`,
};

/** What a process did while it stood still: its collector, its own work, or nothing at all. */
export function classOfStandstill({
  delayMs,
  cpuMs,
  gcMs,
}: EventData['process.stalled']): 'gc' | 'stall' | 'pause' {
  if (gcMs > delayMs * BLAME_SHARE) return 'gc';
  return cpuMs > delayMs * BLAME_SHARE ? 'stall' : 'pause';
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
