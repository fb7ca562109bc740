/**
 * What a leader may call committed (paper 5.3, 5.4.2).
 *
 * Only an entry of the *current* term is ever counted towards a majority. An older entry becomes
 * committed as a side effect, because the log up to it is then shared; counting it directly is the
 * mistake of figure 8. The leader counts itself only with what its own disk holds, and only in a
 * configuration of which it is a voter.
 */
import { assert } from '../../std/assert.ts';
import type { MemberNumber } from '../model/ids.ts';
import { jointValue } from './quorum.ts';
import { isServing, releaseParkedReads } from './read-index.ts';
import { type Leadership, progressOf, type RaftState } from './state.ts';

const incoming: number[] = [];
const outgoing: number[] = [];

/**
 * Moves the commit index as far as a majority allows; called whenever anyone's durable log grew.
 *
 * Ensures: the commit index never falls and never passes `lastIndex`.
 */
export function maybeCommit(s: RaftState): void {
  const lead = s.leadership;
  if (lead === null) return;
  gather(s, lead, s.voters, incoming);
  gather(s, lead, s.outgoingVoters, outgoing);
  const shared = jointValue(incoming, outgoing);
  if (shared <= s.commitIndex) return;
  if (s.log.termAt(shared) !== s.term) return; // Figure 8: wait for our own term.
  assert(shared <= s.log.lastIndex, 'a follower acknowledged an entry we do not have');
  const servedBefore = isServing(s);
  s.commitIndex = shared;
  if (!servedBefore) releaseParkedReads(s);
}

/** What each of the voters is known to hold. */
function gather(
  s: RaftState,
  lead: Leadership,
  voters: readonly MemberNumber[],
  into: number[],
): void {
  into.length = 0;
  for (const voter of voters) {
    const own = voter === s.self;
    into.push(own ? s.durability.durableIndex : (progressOf(lead, voter)?.matchIndex ?? 0));
  }
}
