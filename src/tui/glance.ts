/** A watched cluster in one line: who leads, how fast it commits, what is wrong with it. Pure. */
import { count } from './figures.ts';
import { LAG_ALARM, lagOf, leaderOf, type Sample } from './sample.ts';

export interface Glance {
  readonly name: string;
  readonly leader: string | null;
  readonly term: number | null;
  readonly up: number;
  readonly nodes: number;
  /** Entries, each second; null: not known. */
  readonly commitsPerS: number | null;
  /** What is wrong with it, for people; null: nothing. */
  readonly trouble: string | null;
  /** Nobody leads it, so it does not serve. */
  readonly isOut: boolean;
}

/** @param before the look before `now`, for the rate. @param now null: not looked at yet. */
export function glanceOf(name: string, before: Sample | null, now: Sample | null): Glance {
  if (now === null) {
    const unknown = { leader: null, term: null, up: 0, nodes: 0, commitsPerS: null };
    return { name, ...unknown, trouble: 'not looked at yet', isOut: false };
  }
  const leader = leaderOf(now);
  return {
    name,
    leader: leader?.id ?? null,
    term: leader?.status?.term ?? null,
    up: now.nodes.filter(({ state }) => state === 'up').length,
    nodes: now.nodes.length,
    commitsPerS: commitsPerS(before, now),
    trouble: troubleOf(now),
    isOut: leader === null,
  };
}

/** Of the furthest commit index: who knows of it changes with the leader. */
function commitsPerS(before: Sample | null, now: Sample): number | null {
  const [old, latest] = [commitOf(before), commitOf(now)];
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1000;
  if (old === null || latest === null || seconds <= 0) return null;
  return Math.max(0, (latest - old) / seconds);
}

function commitOf(sample: Sample | null): number | null {
  const known = (sample?.nodes ?? []).flatMap(({ status }) => status?.commitIndex ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

function troubleOf(now: Sample): string | null {
  const absent = now.nodes.filter(({ state }) => state !== 'up' && state !== 'removed');
  const words = absent.map(({ id, state }) => `${id} ${state}`);
  const leader = leaderOf(now);
  if (leader === null) {
    const isAll = words.length > 1 && words.length === now.nodes.length;
    return ['nobody leads', ...(isAll ? [`all ${words.length} are silent`] : words)].join(', ');
  }
  for (const node of now.nodes) {
    const lag = lagOf(node, leader) ?? 0;
    if (node.state !== 'up') continue;
    if (node.error !== null) words.push(`${node.id}: ${node.error}`);
    else if (lag > LAG_ALARM) words.push(`${node.id} ${count(lag)} behind`);
  }
  return words.length === 0 ? null : words.join(', ');
}
