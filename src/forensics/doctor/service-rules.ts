/** Rules RFT001 to RFT010: does it serve, who is there, what may still fail. */
import { formatDurationMs, plural } from '../../std/units.ts';
import type { ClusterNodeRow } from '../../wire/status.ts';
import { isOf } from '../timeline.ts';
import type { Found, Rule, Scene } from './rule.ts';

/** A change of members that takes longer is one that does not end. */
const CHANGE_MS_MAX = 30_000;

/** Codes in the last words of a node that rules of their own explain. */
const EXPLAINED = [
  ...['WAL_CORRUPT', 'SNAPSHOT_CORRUPT', 'NODE_WIPED', 'STATE_FILE_CORRUPT'],
  ...['DATA_DIR_LOCKED', 'ADDRESS_IN_USE', 'DISK_FAILED'],
];

/** The code that a node which is not there left as its last word, or null. */
export function lastCode({ state, error }: ClusterNodeRow): string | null {
  if (state !== 'down' || error === null) return null;
  return EXPLAINED.find((code) => error.startsWith(`${code}:`)) ?? null;
}

/** How to bring back those that are not there; null: all are. */
function wakeUp(scene: Scene): string | null {
  const { members, cluster } = scene;
  const down = members.filter(({ state, pid }) => state === 'down' && pid === null);
  if (down.length === members.length) return `raftctl cluster up ${cluster}`;
  const ids = (rows: readonly ClusterNodeRow[]): string => rows.map(({ id }) => id).join(' ');
  const voters = down.filter(({ voter }) => voter);
  if (voters.length > 0) return scene.command(`node start ${ids(voters)}`);
  const paused = members.filter(({ state }) => state === 'paused');
  return paused.length > 0 ? scene.command(`node resume ${ids(paused)}`) : null;
}

function stateList(scene: Scene): string {
  const { quorum } = scene.facts.status;
  const rows = scene.members.map(({ id, state, role }) => `${id} ${role ?? state}`);
  return `${plural(quorum, 'voter')} must work together; ${rows.join(', ')}`;
}

function noLeader(scene: Scene): Found[] {
  if (scene.facts.status.leader !== null) return [];
  const command = wakeUp(scene) ?? scene.command('elections timeline');
  return [{ node: null, evidence: stateList(scene), command }];
}

function cannotCommit(scene: Scene): Found[] {
  const { leader, serving } = scene.facts.status;
  if (leader === null || serving) return [];
  const command = wakeUp(scene) ?? scene.command('elections timeline');
  return [{ node: leader, evidence: `${leader} leads; ${stateList(scene)}`, command }];
}

function nodesDown(scene: Scene): Found[] {
  return scene.members
    .filter((row) => row.state === 'down' && row.pid === null && lastCode(row) === null)
    .map(({ id, lastSeenMs, error }) => {
      const seen = lastSeenMs === null ? 'never seen' : `last seen ${ago(lastSeenMs)}`;
      const evidence = `no process, ${seen}${error === null ? '' : `, it said ${error}`}`;
      return { node: id, evidence, command: scene.command(`node start ${id}`) };
    });
}

function nodesPaused(scene: Scene): Found[] {
  return scene.members
    .filter(({ state }) => state === 'paused')
    .map(({ id, pid }) => {
      const evidence = `process ${pid} is stopped (SIGSTOP)`;
      return { node: id, evidence, command: scene.command(`node resume ${id}`) };
    });
}

function nodesMute(scene: Scene): Found[] {
  return scene.members
    .filter(({ state, pid }) => state === 'down' && pid !== null)
    .map(({ id, pid, error, adminAddress }) => {
      const evidence = `process ${pid} runs; ${error ?? `no answer from ${adminAddress}`}`;
      return { node: id, evidence, command: scene.command(`node logs ${id}`) };
    });
}

function noTolerance(scene: Scene): Found[] {
  const { leader, tolerance, quorum } = scene.facts.status;
  if (leader === null || tolerance > 0) return [];
  const voters = scene.members.filter(({ voter }) => voter);
  const up = voters.filter(({ state }) => state === 'up').length;
  const evidence = `${up} of ${plural(voters.length, 'voter')} up, ${quorum} needed: one more loss ends writes`;
  const grown = voters.length + 1 + (voters.length % 2);
  const command = wakeUp(scene) ?? `raftctl cluster scale ${scene.cluster} --to ${grown}`;
  return [{ node: null, evidence, command }];
}

function evenVoters(scene: Scene): Found[] {
  const voters = scene.members.filter(({ voter }) => voter).length;
  if (voters === 0 || voters % 2 === 1) return [];
  const evidence = `${plural(voters, 'voter')} tolerate no more failures than ${voters - 1}`;
  const command = `raftctl cluster scale ${scene.cluster} --to ${voters + 1}`;
  return [{ node: null, evidence, command }];
}

function learnersReady(scene: Scene): Found[] {
  return (scene.leader?.members ?? [])
    .filter(({ voter, caughtUp }) => !voter && caughtUp === true)
    .map(({ id, matchIndex }) => ({
      node: id,
      evidence: `${id} is a learner and holds the log up to ${matchIndex ?? '?'}: it could vote`,
      command: scene.command(`member promote ${id}`),
    }));
}

function changeHangs(scene: Scene): Found[] {
  const { leader } = scene;
  if (leader === null || !leader.changing) return [];
  const own = scene.facts.events.filter((e) => e.node === leader.id);
  const began = own.findLast((event) => isOf(event, 'membership.changed'));
  const ms = began === undefined ? null : scene.facts.atWallMs - began.wallMs;
  if (ms === null || ms < CHANGE_MS_MAX) return [];
  const evidence = `the configuration of ${ago(ms)} is not committed by the old and the new voters`;
  return [{ node: leader.id, evidence, command: scene.command('member list') }];
}

function strangers(scene: Scene): Found[] {
  return scene.rows
    .filter(({ state, pid }) => state === 'removed' && pid !== null)
    .map(({ id, pid }) => ({
      node: id,
      evidence: `process ${pid} runs, and ${scene.facts.status.leader} does not count it as a member`,
      command: scene.command(`node stop ${id}`),
    }));
}

function ago(ms: number): string {
  return `${formatDurationMs(ms)} ago`;
}

export const SERVICE_RULES: readonly Rule[] = [
  { code: 'RFT001', severity: 'critical', title: 'Nobody leads', find: noLeader },
  { code: 'RFT002', severity: 'critical', title: 'The leader cannot commit', find: cannotCommit },
  { code: 'RFT003', severity: 'warning', title: 'A node is down', find: nodesDown },
  { code: 'RFT004', severity: 'warning', title: 'A node is paused', find: nodesPaused },
  {
    code: 'RFT005',
    severity: 'warning',
    title: 'A node runs and does not answer',
    find: nodesMute,
  },
  { code: 'RFT006', severity: 'warning', title: 'No failure is tolerated', find: noTolerance },
  { code: 'RFT007', severity: 'info', title: 'An even number of voters', find: evenVoters },
  { code: 'RFT008', severity: 'info', title: 'A learner could vote', find: learnersReady },
  { code: 'RFT009', severity: 'warning', title: 'A change of members hangs', find: changeHangs },
  { code: 'RFT010', severity: 'warning', title: 'A node that left still runs', find: strangers },
];
