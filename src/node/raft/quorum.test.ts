import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jointOutcome, jointValue, quorumSize, quorumValue, voteOutcome } from './quorum.ts';

/** Slow and obvious: the largest value that more than half of the voters have reached. */
function slowQuorumValue(values: readonly number[]): number {
  let best = 0;
  for (const candidate of values) {
    const reached = values.filter((value) => value >= candidate).length;
    if (reached * 2 > values.length) best = Math.max(best, candidate);
  }
  return best;
}

function slowVoteOutcome(answers: readonly (boolean | 'open' | 'silent')[]): string {
  const open = answers.filter((answer) => answer === 'open').length;
  const granted = answers.filter((answer) => answer === true).length;
  if (granted * 2 > answers.length) return 'won';
  return (granted + open) * 2 > answers.length ? 'pending' : 'lost';
}

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [7, 4],
])('quorumSize of %i voters is %i', (voters, size) => {
  expect(quorumSize(voters)).toBe(size);
});

test('quorumValue without voters is 0: nothing can be decided', () => {
  expect(quorumValue([])).toBe(0);
});

test('quorumValue equals its slow twin', () => {
  const values = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(values, (given) => {
      expect(quorumValue([...given])).toBe(slowQuorumValue(given));
    }),
    { numRuns: 5000 },
  );
});

test('voteOutcome equals its slow twin', () => {
  const answer = fc.constantFrom<(boolean | 'open' | 'silent')[]>(true, false, 'open', 'silent');
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 9 }), (given) => {
      const voters = given.map((_, at) => at + 1);
      const answers = new Map<number, boolean>();
      given.forEach((value, at) => {
        if (typeof value === 'boolean') answers.set(at + 1, value);
      });
      const outcome = voteOutcome(voters, answers, (voter) => given[voter - 1] === 'open');
      expect(outcome).toBe(slowVoteOutcome(given));
    }),
    { numRuns: 5000 },
  );
});

test('voteOutcome ignores answers of members that are no voters', () => {
  const answers = new Map([
    [1, true],
    [4, true],
    [5, true],
  ]);
  expect(voteOutcome([1, 2, 3], answers, () => true)).toBe('pending');
});

test('jointValue equals its slow twin: what a majority of both halves has reached', () => {
  const half = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(half, half, (incoming, outgoing) => {
      let best = 0;
      for (const value of [...incoming, ...outgoing]) {
        const reached = (values: readonly number[]): boolean =>
          values.filter((one) => one >= value).length * 2 > values.length;
        if (reached(incoming) && reached(outgoing)) best = Math.max(best, value);
      }
      expect(jointValue([...incoming], [...outgoing])).toBe(best);
      expect(jointValue([...incoming], [])).toBe(slowQuorumValue(incoming));
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ['won', 'won', 'won'],
  ['won', 'pending', 'pending'],
  ['pending', 'pending', 'pending'],
  ['lost', 'pending', 'lost'],
  ['won', 'lost', 'lost'],
  ['lost', 'lost', 'lost'],
] as const)('jointOutcome of %s and %s is %s, either way round', (one, other, outcome) => {
  expect(jointOutcome(one, other)).toBe(outcome);
  expect(jointOutcome(other, one)).toBe(outcome);
});
