/**
 * The dashboard as lines, for screen readers, pipes and logs: what changes is said as it changes,
 * and now and then how things are. Pure.
 */
import { eventText } from '../forensics/event-text.ts';
import { EMPTY_INTERVAL, percentileUs } from '../std/interval.ts';
import { clock, count, duration, rate } from './figures.ts';
import { isHeadline } from './panels/events.ts';
import { lagOf, leaderOf, type Sample } from './sample.ts';
import { commandsPerS, phasesOf } from './scene.ts';

/** Between two summaries. */
export const SUMMARY_MS = 10_000;

/**
 * What is different from the look before; all of it when there was none.
 *
 * @param isNamed whether lines name the cluster, because there are others.
 */
export function changes(before: Sample | null, after: Sample, isNamed = false): string[] {
  const lines: string[] = [];
  const name = isNamed ? `${after.cluster}: ` : '';
  const say = (text: string): void => {
    lines.push(`${clock(after.atMs)} ${name}${text}`);
  };
  for (const event of before === null ? [] : after.events) {
    if (isHeadline(event)) say(`${event.node}, term ${event.term}: ${eventText(event)}`);
  }
  for (const node of after.nodes) {
    const old = before?.nodes.find(({ id }) => id === node.id);
    if (old === undefined || old.state === node.state) continue;
    say(`${node.id} is ${node.state}${node.error === null ? '' : `: ${node.error}`}`);
  }
  const leader = leaderOf(after)?.id ?? null;
  if (before !== null && (leaderOf(before)?.id ?? null) !== leader) {
    say(leader === null ? 'nobody leads' : `${leader} leads`);
  }
  return lines;
}

/** How things are, in one line a node and one for all. */
export function summary(window: readonly Sample[]): string[] {
  const now = window.at(-1);
  if (now === undefined) return [];
  const leader = leaderOf(now);
  const up = now.nodes.filter(({ state }) => state === 'up').length;
  const total = phasesOf(window).get('total') ?? EMPTY_INTERVAL;
  const p99 = percentileUs(total, 99);
  const none = now.engine === undefined ? 'no writes' : `${now.engine} tells no latency`;
  const latency = p99 === null ? none : `writes p99 ${duration(p99)}`;
  const term = count(leader?.status?.term ?? null);
  const leads = leader === null ? 'nobody leads' : `${leader.id} leads term ${term}`;
  const head =
    `${clock(now.atMs)} ${now.cluster}: ${leads}, ` +
    `${up} of ${now.nodes.length} up, ${rate(commandsPerS(now))} operations a second, ${latency}`;
  const nodes = now.nodes.map((node) => {
    if (node.status === null) return `  ${node.id} ${node.state}`;
    const lag = lagOf(node, leader);
    const behind = lag === null ? '' : `, ${count(lag)} behind`;
    const { role, commitIndex } = node.status;
    return `  ${node.id} ${role}, committed ${count(commitIndex)}${behind}`;
  });
  return [head, ...nodes];
}
