/**
 * Holds events against what Raft promises, one event at a time and in any mixture of nodes, as long
 * as each node's own are in order. It needs no more than a few numbers a term.
 *
 * ```
 *  electionSafety   at most one leader a term, by the word of leaders and of followers
 *  oneVote          nobody votes for two candidates in one term, not even after a restart
 *  commitMonotone   what a process has applied never gets less
 *  committedKept    nobody cuts off what it has applied; who leads a term cuts off nothing in it
 *  equalState       equal applied index, equal chain hash: the same entries in the same order
 * ```
 */
import type { NodeEvent } from '../wire/events.ts';
import { isOf } from './timeline.ts';

export type SafetyRule =
  | 'electionSafety'
  | 'oneVote'
  | 'commitMonotone'
  | 'committedKept'
  | 'equalState';

export interface Violation {
  readonly rule: SafetyRule;
  readonly node: string;
  readonly term: number;
  /** A sentence for people. */
  readonly text: string;
  /** The event that showed it, and the one it contradicts. */
  readonly events: readonly NodeEvent[];
}

/** Chain hashes and terms that are remembered; older ones are forgotten first. */
const REMEMBERED_MAX = 100_000;

export class SafetyMonitor {
  /** By term: who leads it, and the event that said so. */
  readonly #leaders = new Map<number, { readonly leader: string; readonly event: NodeEvent }>();
  /** By term and voter. */
  readonly #votes = new Map<string, { readonly candidate: string; readonly event: NodeEvent }>();
  /** By index. */
  readonly #chains = new Map<number, NodeEvent<'commit.advanced'>>();
  /** By life of a process: how far it has applied. */
  readonly #applied = new Map<string, NodeEvent<'commit.advanced'>>();
  /** By life of a process: the last term that it led. */
  readonly #led = new Map<string, NodeEvent>();
  #count = 0;

  /** How many events were looked at. */
  get count(): number {
    return this.#count;
  }

  take(event: NodeEvent): readonly Violation[] {
    this.#count += 1;
    if (isOf(event, 'leader.elected')) {
      remember(this.#led, event.incarnation, event);
      return this.#leads(event, event.node);
    }
    if (isOf(event, 'leader.known')) {
      return event.data.leader === null ? [] : this.#leads(event, event.data.leader);
    }
    if (isOf(event, 'vote.answered')) {
      const { kind, granted, candidate } = event.data;
      return kind === 'vote' && granted ? this.#voted(event, candidate) : [];
    }
    if (isOf(event, 'election.started')) {
      return event.data.kind === 'vote' ? this.#voted(event, event.node) : [];
    }
    if (isOf(event, 'commit.advanced')) return this.#advanced(event);
    return isOf(event, 'log.truncated') ? this.#truncated(event) : [];
  }

  #leads(event: NodeEvent, leader: string): Violation[] {
    const known = this.#leaders.get(event.term);
    if (known === undefined) {
      remember(this.#leaders, event.term, { leader, event });
      return [];
    }
    if (known.leader === leader) return [];
    const text = `term ${event.term} has two leaders: ${known.leader} and ${leader}`;
    return [violation('electionSafety', event, text, known.event)];
  }

  #voted(event: NodeEvent, candidate: string): Violation[] {
    const key = `${event.term} ${event.node}`;
    const known = this.#votes.get(key);
    if (known === undefined) {
      remember(this.#votes, key, { candidate, event });
      return [];
    }
    if (known.candidate === candidate) return [];
    const text = `${event.node} voted for ${known.candidate} and for ${candidate} in term ${event.term}`;
    return [violation('oneVote', event, text, known.event)];
  }

  #advanced(event: NodeEvent<'commit.advanced'>): Violation[] {
    const found: Violation[] = [];
    const { commitIndex, chainHash } = event.data;
    const before = this.#applied.get(event.incarnation);
    if (before !== undefined && before.data.commitIndex > commitIndex) {
      const text = `${event.node} had applied ${before.data.commitIndex}, and then only ${commitIndex}`;
      found.push(violation('commitMonotone', event, text, before));
    }
    remember(this.#applied, event.incarnation, event);
    const other = this.#chains.get(commitIndex);
    if (other === undefined) remember(this.#chains, commitIndex, event);
    else if (other.data.chainHash !== chainHash) {
      const text =
        `${other.node} and ${event.node} applied ${commitIndex} entries, not the same ones: ` +
        `chain ${other.data.chainHash} and ${chainHash}`;
      found.push(violation('equalState', event, text, other));
    }
    return found;
  }

  #truncated(event: NodeEvent<'log.truncated'>): Violation[] {
    const { fromIndex } = event.data;
    const applied = this.#applied.get(event.incarnation);
    if (applied !== undefined && fromIndex <= applied.data.commitIndex) {
      const text = `${event.node} cut its log from ${fromIndex}, and had applied ${applied.data.commitIndex}`;
      return [violation('committedKept', event, text, applied)];
    }
    const led = this.#led.get(event.incarnation);
    if (led === undefined || led.term !== event.term) return [];
    const text = `${event.node} cut its log from ${fromIndex} in term ${event.term}, which it leads`;
    return [violation('committedKept', event, text, led)];
  }
}

function violation(
  rule: SafetyRule,
  event: NodeEvent,
  text: string,
  against: NodeEvent,
): Violation {
  return { rule, node: event.node, term: event.term, text, events: [against, event] };
}

/** A map gives its keys in the order in which they came. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size <= REMEMBERED_MAX) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
