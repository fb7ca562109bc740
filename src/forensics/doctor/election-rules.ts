/** Rules RFT020 to RFT029: who leads, how often, and why not. */
import { plural } from '../../std/units.ts';
import type { CauseClass } from '../causes.ts';
import { reasonText } from '../event-text.ts';
import { isOf } from '../timeline.ts';
import { type Found, RECENT_MS, type Rule, type Scene } from './rule.ts';

/** Leaders lost within `RECENT_MS`, not counting those that somebody wished to replace. */
const LOSSES_MAX = 3;
const VAIN_MS = 60_000;
const VAIN_MAX = 3;
/** Causes of elections that somebody asked for, or that belong to a beginning. */
const WISHED: ReadonlySet<CauseClass> = new Set<CauseClass>(['start', 'transfer', 'stop']);
const HEARTBEATS_MIN = 3;

function lostLeaders(scene: Scene) {
  const from = scene.facts.atWallMs - RECENT_MS;
  return scene.elections.filter(
    ({ winner, wallMs, cause }) => winner !== null && wallMs >= from && !WISHED.has(cause.class),
  );
}

function churn(scene: Scene): Found[] {
  const lost = lostLeaders(scene);
  if (lost.length < LOSSES_MAX) return [];
  const causes = lost.map(({ term, cause }) => `term ${term}: ${cause.class}`);
  const evidence = `${plural(lost.length, 'leader')} lost in 10 minutes: ${causes.join(', ')}`;
  return [{ node: null, evidence, command: scene.command('elections list') }];
}

function inVain(scene: Scene): Found[] {
  if (scene.facts.status.leader !== null) return [];
  const events = scene.recent(VAIN_MS);
  const stood = events.filter((event) => isOf(event, 'election.started'));
  if (stood.length < VAIN_MAX) return [];
  const refusals = new Map<string, number>();
  for (const event of events) {
    if (!isOf(event, 'vote.answered') || event.data.granted) continue;
    const why = `${event.node}: ${reasonText(event.data.reason)}`;
    refusals.set(why, (refusals.get(why) ?? 0) + 1);
  }
  const names = [...new Set(stood.map(({ node }) => node))].sort().join(', ');
  const why = [...refusals].map(([reason, count]) => `${reason} (${count})`).join(', ');
  const evidence = `${names} stood ${plural(stood.length, 'time')} in a minute; ${why === '' ? 'nobody answered' : `refused by ${why}`}`;
  return [{ node: null, evidence, command: scene.command('elections timeline') }];
}

const ADVICE: Readonly<Partial<Record<CauseClass, string>>> = {
  stall: 'profile cpu',
  gc: 'profile heap',
  pause: 'node logs',
};

function afterStandstill(scene: Scene): Found[] {
  return lostLeaders(scene).flatMap(({ term, cause }) => {
    const advice = ADVICE[cause.class];
    if (advice === undefined || cause.node === null) return [];
    const evidence = `the election of term ${term} followed: ${cause.text}`;
    return [{ node: cause.node, evidence, command: scene.command(`${advice} ${cause.node}`) }];
  });
}

function tightTimeouts(scene: Scene): Found[] {
  return scene.facts.nodes.flatMap(({ id, config }) => {
    if (config === null) return [];
    const { electionTimeoutMsMin, heartbeatMs } = config;
    if (electionTimeoutMsMin >= HEARTBEATS_MIN * heartbeatMs) return [];
    const evidence = `a heartbeat every ${heartbeatMs} ms, an election after ${electionTimeoutMsMin} ms: one late is an election`;
    return [{ node: id, evidence, command: null }];
  });
}

function unlikeTimeouts(scene: Scene): Found[] {
  const known = scene.facts.nodes.flatMap(({ id, config }) => {
    if (config === null) return [];
    const { electionTimeoutMsMin, electionTimeoutMsMax, heartbeatMs } = config;
    const text = `${electionTimeoutMsMin}-${electionTimeoutMsMax} ms, heartbeat ${heartbeatMs} ms`;
    return [{ id, text }];
  });
  if (new Set(known.map(({ text }) => text)).size < 2) return [];
  const evidence = known.map(({ id, text }) => `${id} ${text}`).join('; ');
  return [{ node: null, evidence, command: null }];
}

export const ELECTION_RULES: readonly Rule[] = [
  { code: 'RFT020', severity: 'warning', title: 'Leaders are lost again and again', find: churn },
  { code: 'RFT021', severity: 'critical', title: 'Candidates stand in vain', find: inVain },
  {
    code: 'RFT022',
    severity: 'warning',
    title: 'A standstill cost the leadership',
    find: afterStandstill,
  },
  { code: 'RFT023', severity: 'info', title: 'Timeouts leave no room', find: tightTimeouts },
  { code: 'RFT024', severity: 'info', title: 'Nodes have unlike timeouts', find: unlikeTimeouts },
];
