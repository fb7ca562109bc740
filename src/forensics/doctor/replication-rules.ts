/** Rules RFT011 to RFT019: what goes from node to node. */
import { formatCount, formatDurationMs, plural } from '../../std/units.ts';
import { NODE_CONFIG_DEFAULTS } from '../../wire/node-config.ts';
import { LAG_ENTRIES_MAX } from '../../wire/status.ts';
import { isOf } from '../timeline.ts';
import type { Found, Rule, Scene } from './rule.ts';

/** Applied this much later than committed. Entries. */
const APPLY_LAG_MAX = 10_000;
/** A round trip above this part of the election timeout leaves no time for a lost message. */
const ROUND_TRIP_SHARE = 1 / 10;
const BREAKS_MAX = 5;
const SNAPSHOTS_SENT_MAX = 3;

function linksDown(scene: Scene): Found[] {
  const up = new Set(scene.members.filter(({ state }) => state === 'up').map(({ id }) => id));
  const pairs = new Set<string>();
  for (const { id, status } of scene.figures) {
    for (const member of status.members) {
      if (member.connected || !up.has(member.id) || !up.has(id)) continue;
      pairs.add([id, member.id].sort().join(' and '));
    }
  }
  return [...pairs].sort().map((pair) => ({
    node: pair.split(' ')[0] ?? null,
    evidence: `${pair} are up and not connected`,
    command: scene.command(`node logs ${pair.replace(' and ', ' ')}`),
  }));
}

function lagging(scene: Scene): Found[] {
  return scene.members.flatMap(({ id, lag, state }) => {
    if (state !== 'up' || (lag ?? 0) <= LAG_ENTRIES_MAX) return [];
    const evidence = `${formatCount(lag ?? 0)} entries behind ${scene.facts.status.leader}`;
    const command = scene.command(`node wait ${id} --for caught-up`);
    return [{ node: id, evidence, command }];
  });
}

function applyingSlowly(scene: Scene): Found[] {
  return scene.figures.flatMap(({ id, status: { commitIndex, appliedIndex } }) => {
    const behind = commitIndex - appliedIndex;
    if (behind <= APPLY_LAG_MAX) return [];
    const evidence = `${formatCount(behind)} entries are committed and not applied yet`;
    return [{ node: id, evidence, command: scene.command(`profile cpu ${id}`) }];
  });
}

function notFollowing(scene: Scene): Found[] {
  const { leader } = scene;
  if (leader === null) return [];
  return scene.figures.flatMap(({ id, status }) => {
    const isMember = scene.members.some((row) => row.id === id);
    if (!isMember || status.leaderMember === leader.member) return [];
    const evidence = `it follows ${status.leader ?? 'nobody'} in term ${status.term}, ${leader.id} leads term ${leader.term}`;
    return [{ node: id, evidence, command: scene.command('elections timeline') }];
  });
}

function roundTrips(scene: Scene): Found[] {
  return scene.figures.flatMap(({ id, status }) => {
    const config = scene.facts.nodes.find((node) => node.id === id)?.config;
    const timeoutMs = config?.electionTimeoutMsMin ?? NODE_CONFIG_DEFAULTS.electionTimeoutMsMin;
    return status.members.flatMap((member) => {
      const rttMs = member.connected ? (member.rttMs ?? 0) : 0;
      if (status.role !== 'leader' || rttMs <= timeoutMs * ROUND_TRIP_SHARE) return [];
      const evidence = `${formatDurationMs(rttMs)} to ${member.id} and back, the shortest election timeout is ${timeoutMs} ms`;
      return [{ node: id, evidence, command: `raftctl top ${scene.cluster} --view 2` }];
    });
  });
}

function inboxFull(scene: Scene): Found[] {
  return scene.figures.flatMap((figures) => {
    const dropped = figures.counter('inbox_dropped');
    if (dropped === 0) return [];
    const evidence = `${plural(dropped, 'message')} of other nodes dropped ${scene.span(figures)}, as its inbox was full`;
    return [{ node: figures.id, evidence, command: scene.command(`profile cpu ${figures.id}`) }];
  });
}

function brokenAgain(scene: Scene): Found[] {
  const counts = new Map<string, number>();
  for (const event of scene.recent()) {
    if (!isOf(event, 'peer.disconnected')) continue;
    const pair = `${event.node} ${event.data.peer}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return [...counts].flatMap(([pair, count]) => {
    if (count < BREAKS_MAX) return [];
    const [node = '', peer] = pair.split(' ');
    const evidence = `its connection with ${peer} broke ${count} times in 10 minutes`;
    return [{ node, evidence, command: scene.command(`node logs ${node} ${peer}`) }];
  });
}

function snapshotsAgain(scene: Scene): Found[] {
  const counts = new Map<string, number>();
  for (const event of scene.recent()) {
    if (!isOf(event, 'snapshot.sending')) continue;
    counts.set(event.data.to, (counts.get(event.data.to) ?? 0) + 1);
  }
  return [...counts].flatMap(([node, count]) => {
    if (count < SNAPSHOTS_SENT_MAX) return [];
    const evidence = `it was sent ${plural(count, 'snapshot')} in 10 minutes: the log it needs is forgotten before it has it`;
    return [{ node, evidence, command: `raftctl top ${scene.cluster} --view 2` }];
  });
}

export const REPLICATION_RULES: readonly Rule[] = [
  { code: 'RFT011', severity: 'warning', title: 'Two nodes are not connected', find: linksDown },
  { code: 'RFT012', severity: 'warning', title: 'A node lags behind', find: lagging },
  { code: 'RFT013', severity: 'warning', title: 'A node applies late', find: applyingSlowly },
  {
    code: 'RFT014',
    severity: 'warning',
    title: 'A node does not follow the leader',
    find: notFollowing,
  },
  { code: 'RFT015', severity: 'warning', title: 'A round trip takes long', find: roundTrips },
  { code: 'RFT016', severity: 'warning', title: 'A node drops messages', find: inboxFull },
  {
    code: 'RFT017',
    severity: 'warning',
    title: 'A connection breaks again and again',
    find: brokenAgain,
  },
  {
    code: 'RFT018',
    severity: 'warning',
    title: 'Snapshots are sent again and again',
    find: snapshotsAgain,
  },
];
