/** Turns what the core traces (numbers) into events of the catalogue (names). */
import type { EventData, EventType } from '../../wire/events.ts';
import type { MemberNumber, Term } from '../model/ids.ts';
import type { Trace } from '../raft/ready.ts';

export type Emit = <T extends EventType>(type: T, term: Term, data: EventData[T]) => void;

export interface TraceContext {
  readonly term: Term;
  readonly tickMs: number;
  readonly nowMs: number;
  nameOf(member: MemberNumber): string;
}

export class TraceEvents {
  readonly #emit: Emit;
  #standingSinceMs = 0;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  take(trace: Trace, context: TraceContext): void {
    switch (trace.type) {
      case 'electionStarted':
        // Who is handed the leadership asks for no pre-votes.
        if (trace.kind === 'preVote' || trace.reason === 'transfer') {
          this.#standingSinceMs = context.nowMs;
        }
        this.#emit('election.started', trace.term, {
          kind: trace.kind,
          reason: trace.reason,
          timeoutMs: trace.timeoutTicks * context.tickMs,
        });
        return;
      case 'voteAnswered':
        this.#emit('vote.answered', trace.term, {
          kind: trace.kind,
          candidate: context.nameOf(trace.candidate),
          granted: trace.granted,
          reason: trace.reason,
        });
        return;
      case 'roleChanged':
        this.#roleChanged(trace, context);
        return;
      case 'leaderKnown':
        this.#emit('leader.known', trace.term, {
          leader: trace.leader === 0 ? null : context.nameOf(trace.leader),
        });
        return;
      case 'transferStarted':
        this.#emit('transfer.started', trace.term, { to: context.nameOf(trace.target) });
        return;
      case 'transferGivenUp': // Told by whoever waits for its end (hand-over.ts).
        return;
      case 'configurationChanged': {
        const names = (members: readonly MemberNumber[]): string[] => members.map(context.nameOf);
        this.#emit('membership.changed', context.term, {
          index: trace.index,
          voters: names(trace.voters),
          outgoingVoters: names(trace.outgoingVoters),
          learners: names(trace.learners),
        });
        return;
      }
      case 'snapshotSending':
        this.#emit('snapshot.sending', context.term, {
          to: context.nameOf(trace.member),
          index: trace.index,
        });
        return;
      case 'snapshotInstalled':
        this.#emit('snapshot.installed', context.term, { index: trace.index });
        return;
      case 'truncated':
        this.#emit('log.truncated', context.term, {
          fromIndex: trace.from,
          lastIndex: trace.lastIndex,
        });
        return;
    }
  }

  #roleChanged(trace: Extract<Trace, { type: 'roleChanged' }>, context: TraceContext): void {
    this.#emit('role.changed', trace.term, { from: trace.from, to: trace.to });
    if (trace.to === 'leader') {
      this.#emit('leader.elected', trace.term, {
        votes: trace.votes.map((member) => context.nameOf(member)),
        durationMs: Math.max(0, Math.round((context.nowMs - this.#standingSinceMs) * 1000) / 1000),
      });
    } else if (trace.from === 'leader') {
      this.#emit('leader.steppedDown', trace.term, { reason: trace.reason });
    }
  }
}
