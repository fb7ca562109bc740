/**
 * The way of a linearizable read: the leader asks a majority whether it still leads. Reads bear no
 * mark of their own, so the last question that was answered before the client was is taken for
 * theirs: on a busy node it may be that of the turn after.
 */
import type { TraceMark } from '../wire/traces.ts';
import { deciderOf, type Scene, type Story, stepOf, type TraceStep } from './trace-story.ts';

interface Question {
  readonly round: number;
  readonly askedMs: number;
  readonly decider: { readonly node: string; readonly atMs: number };
}

/** When the leader took the question up, and when it had to be settled. */
interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export function readSteps(scene: Scene): Story {
  const { input, leader, endMs } = scene;
  const { via } = input;
  const trip = via === leader.id ? null : questionOf(scene);
  const span = trip ?? { fromMs: 0, untilMs: endMs };
  const question = roundOf(scene, span);
  if (question === null) {
    const steps = stepOf('request', ['client', via], 0, endMs);
    const notes = ['no majority was asked for it: a lease, or a cluster of one'];
    return { steps, decidedBy: null, notes };
  }
  const { askedMs, decider } = question;
  const around =
    trip === null
      ? [
          ...stepOf('request', ['client', via], 0, askedMs),
          ...stepOf('answer', [via, 'client'], decider.atMs, endMs),
        ]
      : trip.steps;
  const steps = [
    ...around,
    ...scene.followers.flatMap(({ id }) => echoSteps(scene, id, question)),
    ...stepOf('quorum', [leader.id, null], askedMs, decider.atMs),
  ];
  return { steps, decidedBy: decider.node, notes: [] };
}

/** A follower asks the leader for an index to read at. */
function questionOf(scene: Scene): (Span & { readonly steps: readonly TraceStep[] }) | null {
  const { input, leader, endMs } = scene;
  const { via } = input;
  const own = scene.marks(via);
  const reply = own.findLast(
    (m) => m.what === 'receive' && m.message === 'readIndexReply' && m.monoMs <= endMs,
  );
  const is = (what: string, message: string) => (m: TraceMark) =>
    m.what === what && m.message === message && m.request === reply?.request;
  const asked = own.find(is('send', 'readIndex'));
  const theirs = scene.marks(leader.id).filter((m) => m.peer === via);
  const came = theirs.find(is('receive', 'readIndex'));
  const left = theirs.find(is('send', 'readIndexReply'));
  if (reply === undefined || asked === undefined || came === undefined || left === undefined) {
    return null;
  }
  const steps = [
    ...stepOf('request', ['client', via], 0, asked.monoMs),
    ...stepOf('question', [via, leader.id], asked.monoMs, came.monoMs),
    ...stepOf('index', [leader.id, via], left.monoMs, reply.monoMs),
    ...stepOf('answer', [via, 'client'], reply.monoMs, endMs),
  ];
  return { fromMs: came.monoMs, untilMs: left.monoMs, steps };
}

function roundOf(scene: Scene, { fromMs, untilMs }: Span): Question | null {
  const { input, leader } = scene;
  const marks = scene.marks(leader.id);
  const asked = marks.filter((m) => asks(m, 'send') && m.monoMs >= fromMs && m.monoMs <= untilMs);
  const rounds = [...new Set(asked.map(({ round = 0 }) => round))].sort((a, b) => b - a);
  for (const round of rounds) {
    const askedMs = asked.find((m) => m.round === round)?.monoMs ?? 0;
    const echoes = scene.followers.flatMap(({ id }) => {
      const echo = marks.find((m) => echoed(m, 'receive', round) && m.peer === id);
      return echo === undefined ? [] : [{ node: id, atMs: echo.monoMs }];
    });
    const decider = deciderOf([{ node: leader.id, atMs: askedMs }, ...echoes], input.voters);
    if (decider !== null && decider.atMs <= untilMs && decider.node !== leader.id) {
      return { round, askedMs, decider };
    }
  }
  return null;
}

function echoSteps(scene: Scene, id: string, { round }: Question): TraceStep[] {
  const leader = scene.leader.id;
  const [theirs, own] = [scene.marks(leader), scene.marks(id)];
  const asked = theirs.find((m) => asks(m, 'send') && m.peer === id && m.round === round);
  const came = own.find((m) => asks(m, 'receive') && m.round === round);
  const left = own.find((m) => echoed(m, 'send', round));
  const heard = theirs.find((m) => echoed(m, 'receive', round) && m.peer === id);
  return [
    ...stepOf('ask', [leader, id], asked?.monoMs, came?.monoMs),
    ...stepOf('echo', [id, leader], left?.monoMs, heard?.monoMs),
  ];
}

function asks({ what, message, round }: TraceMark, wanted: TraceMark['what']): boolean {
  return (
    what === wanted && (message === 'heartbeat' || message === 'append') && round !== undefined
  );
}

function echoed(mark: TraceMark, what: TraceMark['what'], round: number): boolean {
  return mark.what === what && mark.message === 'heartbeatReply' && (mark.round ?? 0) >= round;
}
