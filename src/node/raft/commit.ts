/**
 * What a leader may call committed (paper 5.3, 5.4.2).
 *
 * Only an entry of the *current* term is ever counted towards a majority. An older entry becomes
 * committed as a side effect, because the log up to it is then shared; counting it directly is the
 * mistake of figure 8. The leader counts itself only with what its own disk holds.
 */
import { assert } from '../../std/assert.ts';
import { quorumValue } from './quorum.ts';
import { isServing, releaseParkedReads } from './read-index.ts';
import { progressOf, type RaftState } from './state.ts';

const scratch: number[] = [];

/**
 * Moves the commit index as far as a majority allows; called whenever anyone's durable log grew.
 *
 * Ensures: the commit index never falls and never passes `lastIndex`.
 */
export function maybeCommit(s: RaftState): void {
  const lead = s.leadership;
  if (lead === null) return;
  scratch.length = 0;
  for (const voter of s.voters) {
    const own = voter === s.self;
    scratch.push(own ? s.durability.durableIndex : (progressOf(lead, voter)?.matchIndex ?? 0));
  }
  const shared = quorumValue(scratch);
  if (shared <= s.commitIndex) return;
  if (s.log.termAt(shared) !== s.term) return; // Figure 8: wait for our own term.
  assert(shared <= s.log.lastIndex, 'a follower acknowledged an entry we do not have');
  const servedBefore = isServing(s);
  s.commitIndex = shared;
  if (!servedBefore) releaseParkedReads(s);
}
