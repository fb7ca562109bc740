/** Events as short sentences for people. Pure. */
import { formatBytes } from '../std/units.ts';
import type { EventData, EventType, NodeEvent } from '../wire/events.ts';

type Teller<T extends EventType> = (data: EventData[T], node: string) => string;

const TELLERS: { readonly [T in EventType]: Teller<T> } = {
  'node.started': ({ app, version, pid }) => `started: ${app}, raftctl ${version}, pid ${pid}`,
  'node.ready': ({ clientAddress }) => `serves clients on ${clientAddress}`,
  'node.stopping': ({ reason }) => `stops: ${reason}`,
  'role.changed': ({ from, to }) => `${from} -> ${to}`,
  'election.started': ({ kind, reason, timeoutMs }) =>
    `${kind === 'preVote' ? 'asks for pre-votes' : 'stands for election'}: ${reasonText(reason)}` +
    `, timeout ${Math.round(timeoutMs)} ms`,
  'vote.answered': ({ kind, candidate, granted, reason }) =>
    `${granted ? 'yes' : 'no'} to ${candidate}'s ${kind === 'preVote' ? 'pre-vote' : 'candidacy'}` +
    (granted ? '' : `: ${reasonText(reason)}`),
  'leader.elected': ({ votes, durationMs }) =>
    `elected by ${votes.join(', ')} in ${durationMs.toFixed(1)} ms`,
  'leader.known': ({ leader }) => (leader === null ? 'follows nobody' : `follows ${leader}`),
  'leader.steppedDown': ({ reason }) => `leads no more: ${reasonText(reason)}`,
  'transfer.started': ({ to }) => `hands leadership over to ${to}`,
  'transfer.ended': ({ to, outcome, reason }) =>
    `transfer to ${to}: ${outcome}${reason === null ? '' : `, ${reason}`}`,
  'membership.changed': ({ index, voters, outgoingVoters, learners }) =>
    `configuration ${index}: voters ${voters.join(', ')}` +
    (outgoingVoters.length === 0
      ? ''
      : `, together with those before: ${outgoingVoters.join(', ')}`) +
    (learners.length === 0 ? '' : `, learners ${learners.join(', ')}`),
  'peer.connected': ({ peer }) => `connected with ${peer}`,
  'peer.disconnected': ({ peer }) => `lost its connection with ${peer}`,
  'commit.advanced': ({ commitIndex, chainHash }) => `applied ${commitIndex}, chain ${chainHash}`,
  'log.truncated': ({ fromIndex, lastIndex }) =>
    `cut its log from ${fromIndex}, it ended at ${lastIndex}`,
  'snapshot.taken': ({ index, bytes, durationMs }) =>
    `snapshot up to ${index}: ${formatBytes(bytes)} in ${Math.round(durationMs)} ms`,
  'snapshot.sending': ({ to, index }) => `sends ${to} its snapshot up to ${index}`,
  'snapshot.installed': ({ index }) => `took over a snapshot up to ${index}`,
  'disk.full': ({ freeBytes }) => `disk full: ${formatBytes(freeBytes)} free`,
  'disk.room': ({ freeBytes }) => `disk has room again: ${formatBytes(freeBytes)} free`,
  'disk.warning': ({ usedPercent, freeBytes }) =>
    `disk ${usedPercent} % full: ${formatBytes(freeBytes)} free`,
  'loop.stalled': ({ delayMs }) => `its loop came ${Math.round(delayMs)} ms late`,
  'sync.slow': ({ durationMs }) => `a write to its log took ${Math.round(durationMs)} ms`,
  'profile.kept': ({ file, bytes, cause, causeSeq }) =>
    `kept a profile (${formatBytes(bytes)}) about ${cause} ${causeSeq}: ${file}`,
  'process.stalled': ({ delayMs, cpuMs, gcMs }) =>
    `stood still ${Math.round(delayMs)} ms: ${Math.round(cpuMs)} ms computing, ` +
    `${Math.round(gcMs)} ms of it collecting garbage`,
};

/** Words for the reasons that the core gives in one. */
const REASONS: Readonly<Record<string, string>> = {
  timeout: 'heard no leader in time',
  leaderConnectionLost: "the leader's connection broke",
  retry: 'tries again',
  transfer: 'was asked to take over',
  leaderAlive: 'knows a living leader',
  alreadyVoted: 'has voted for another',
  logBehind: 'its log is behind',
  staleTerm: 'an old term',
  standing: 'stands itself',
  diskFull: 'disk full',
  higherTerm: 'a higher term',
  checkQuorum: 'no majority answered',
  leaderHeard: 'heard of a leader',
  gaveWay: 'gave way',
};

export function reasonText(reason: string): string {
  return REASONS[reason] ?? reason;
}

export function eventText(event: NodeEvent): string {
  // A node of a newer version may tell of what this one does not know.
  const teller = TELLERS[event.type] as Teller<EventType> | undefined;
  return teller === undefined ? JSON.stringify(event.data) : teller(event.data, event.node);
}
