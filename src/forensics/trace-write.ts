/** The way of a write: into the leader's log, into those of a majority, and back. */
import type { NodeTrace, TraceMark } from '../wire/traces.ts';
import { deciderOf, type Scene, type Story, stepOf, type TraceStep } from './trace-story.ts';

/** Of a turn, from the write to the log to the first send. */
const TURN_MS = 1;

type Find = (node: string, fits: (mark: TraceMark) => boolean) => number | undefined;

export function writeSteps(scene: Scene): Story {
  const { input, leader, endMs } = scene;
  const { batch, id } = leader;
  const find: Find = (node, fits) => scene.marks(node).find(fits)?.monoMs;
  const sent = find(id, (m) => isAppend(m, 'send'));
  if (batch === null || sent === undefined) {
    const notes = ['the leader did not see it go past: it may have changed meanwhile'];
    return { steps: stepOf('request', ['client', input.via], 0, endMs), decidedBy: null, notes };
  }
  const { last } = batch;
  const own = syncOf(scene, id, sent - TURN_MS);
  // Written first, or sent first while another sync was under way.
  const sealed = Math.min(sent, own?.fromMs ?? sent);
  const ways = scene.followers.map((follower) => wayOf(follower, { scene, find, last }));
  const words = [{ node: id, atMs: own?.toMs }, ...ways].flatMap(({ node, atMs }) =>
    atMs === undefined ? [] : [{ node, atMs }],
  );
  const decider = deciderOf(words, input.voters);
  const applied = find(id, (m) => m.what === 'turn' && (m.index ?? 0) >= last);
  const steps = [
    ...arrival(scene, find, sealed),
    ...stepOf('sync', [id, null], own?.fromMs, own?.toMs),
    ...ways.flatMap((way) => way.steps),
    ...stepOf('quorum', [id, null], sealed, decider?.atMs),
    ...stepOf('apply', [id, null], decider?.atMs, applied),
    ...departure(scene, find, { decided: decider?.atMs, applied, last }),
  ];
  const late = ways.filter(({ atMs }) => atMs === undefined).map(({ node }) => node);
  const notes = late.length === 0 ? [] : [`${late.join(', ')} had not acknowledged it by then`];
  return { steps, decidedBy: decider?.node ?? null, notes };
}

/** From the client to the moment at which it was in a batch, on its way to the log. */
function arrival(scene: Scene, find: Find, sealed: number): TraceStep[] {
  const { input, leader } = scene;
  const { via } = input;
  if (via === leader.id) return stepOf('request', ['client', via], 0, sealed);
  const isForward = (m: TraceMark): boolean => m.message === 'forward' && isTraced(m);
  const left = find(via, (m) => m.what === 'send' && isForward(m));
  const came = find(leader.id, (m) => m.what === 'receive' && isForward(m));
  return [
    ...stepOf('request', ['client', via], 0, left),
    ...stepOf('forward', [via, leader.id], left, came),
    ...stepOf('queue', [leader.id, null], came, sealed),
  ];
}

/** From the commit to the client. */
function departure(
  scene: Scene,
  find: Find,
  on: {
    readonly decided: number | undefined;
    readonly applied: number | undefined;
    readonly last: number;
  },
): TraceStep[] {
  const { input, leader, endMs } = scene;
  const { via } = input;
  if (via === leader.id) {
    // The client may have read its answer before the node came to look at the time.
    const applied = Math.min(on.applied ?? Number.POSITIVE_INFINITY, endMs);
    return stepOf('answer', [via, 'client'], on.applied && applied, endMs);
  }
  const heard = find(via, (m) => m.what === 'turn' && (m.index ?? 0) >= on.last);
  return [
    ...stepOf('news', [leader.id, via], on.decided, heard),
    ...stepOf('answer', [via, 'client'], heard, endMs),
  ];
}

interface Way {
  readonly node: string;
  /** The leader heard that it is durable there. */
  readonly atMs: number | undefined;
  readonly steps: readonly TraceStep[];
}

function wayOf(
  { id }: NodeTrace,
  { scene, find, last }: { readonly scene: Scene; readonly find: Find; readonly last: number },
): Way {
  const leader = scene.leader.id;
  const sent = find(leader, (m) => isAppend(m, 'send') && m.peer === id);
  const came = find(id, (m) => isAppend(m, 'receive'));
  const from = came ?? Number.POSITIVE_INFINITY;
  const replied = find(id, (m) => isReply(m, 'send', last) && m.monoMs >= from);
  const heard = find(leader, (m) => isReply(m, 'receive', last) && m.peer === id);
  const synced = came === undefined ? undefined : syncOf(scene, id, came);
  const steps = [
    ...stepOf('append', [leader, id], sent, came),
    ...stepOf('sync', [id, null], came, synced?.toMs),
    ...stepOf('acknowledge', [id, leader], replied, heard),
  ];
  return { node: id, atMs: heard, steps };
}

/** The first write to the log, with its sync, that began after that and is done. */
function syncOf(
  scene: Scene,
  node: string,
  afterMs: number,
): { readonly fromMs: number; readonly toMs: number } | undefined {
  const begun = ({ monoMs, tookMs = 0 }: TraceMark): number => monoMs - tookMs;
  const found = scene.marks(node).find((m) => m.what === 'sync' && begun(m) >= afterMs);
  return found === undefined ? undefined : { fromMs: begun(found), toMs: found.monoMs };
}

function isTraced({ isTraced: traced }: TraceMark): boolean {
  return traced === true;
}

function isAppend(mark: TraceMark, what: TraceMark['what']): boolean {
  return mark.what === what && mark.message === 'append' && isTraced(mark);
}

function isReply(mark: TraceMark, what: TraceMark['what'], last: number): boolean {
  return mark.what === what && mark.message === 'appendReply' && (mark.index ?? 0) >= last;
}
