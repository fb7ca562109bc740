/**
 * Majorities, and nothing else: pure arithmetic over the voters of one configuration. The only
 * place that knows how many voters decide; its tests hold it against a slow, obvious twin.
 *
 * A joint configuration (paper 6) has two sets of voters, and both must agree: neither half can
 * decide anything that the other does not know of.
 */
import type { MemberNumber } from '../model/ids.ts';

/** How many of `voterCount` voters decide. With no voter at all nothing can be decided. */
export function quorumSize(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/**
 * The largest value that a majority has reached, given what each voter has reached: the last index
 * a majority holds, or the last round a majority has echoed. Sorts `values` in place.
 * @returns 0 when there is no voter.
 */
export function quorumValue(values: number[]): number {
  const count = values.length;
  if (count === 0) return 0;
  // Insertion sort, descending: clusters are small, and this allocates nothing.
  for (let i = 1; i < count; i += 1) {
    const value = values[i] as number;
    let at = i - 1;
    while (at >= 0 && (values[at] as number) < value) {
      values[at + 1] = values[at] as number;
      at -= 1;
    }
    values[at + 1] = value;
  }
  return values[quorumSize(count) - 1] as number;
}

/** As above, for a majority of both halves. Without `outgoing` values there is only one. */
export function jointValue(incoming: number[], outgoing: number[]): number {
  const value = quorumValue(incoming);
  return outgoing.length === 0 ? value : Math.min(value, quorumValue(outgoing));
}

export type VoteOutcome = 'won' | 'lost' | 'pending';

/**
 * Counts each voter once, whatever else has answered.
 * @param answers what each member answered; members without an answer are absent.
 * @param mayAnswer whether an answer may still come from a voter that has not answered.
 */
export function voteOutcome(
  voters: readonly MemberNumber[],
  answers: ReadonlyMap<MemberNumber, boolean>,
  mayAnswer: (member: MemberNumber) => boolean,
): VoteOutcome {
  let granted = 0;
  let open = 0;
  for (const voter of voters) {
    const answer = answers.get(voter);
    if (answer === true) granted += 1;
    else if (answer === undefined && mayAnswer(voter)) open += 1;
  }
  const needed = quorumSize(voters.length);
  if (granted >= needed) return 'won';
  return granted + open < needed ? 'lost' : 'pending';
}

/** Both halves must be won; one that is lost is enough to lose. */
export function jointOutcome(incoming: VoteOutcome, outgoing: VoteOutcome): VoteOutcome {
  if (incoming === outgoing) return incoming;
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
}
