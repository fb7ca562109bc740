import { expect, test } from 'vitest';
import { intoDocument, markdownOf } from './mutant-report.ts';
import { MUTANTS } from './mutants.ts';

test('intoDocument puts a report in place of the one before it', () => {
  const document = 'a\n<!-- sim report -->\nold\n<!-- end of sim report -->\nb\n';
  const expected = 'a\n<!-- sim report -->\n\nnew\n\n<!-- end of sim report -->\nb\n';
  expect(intoDocument(document, 'new')).toBe(expected);
  expect(intoDocument(expected, 'new')).toBe(expected);
});

test('intoDocument changes nothing where no place is marked', () => {
  expect(intoDocument('a\n', 'new')).toBeNull();
  expect(intoDocument('<!-- sim report -->\n', 'new')).toBeNull();
});

test('markdownOf of all bugs names the oracles that found none of them first', () => {
  const rows = MUTANTS.map(({ id, kind, bug }) => {
    return {
      id,
      kind,
      bug,
      directed: null,
      oracle: 'assertion',
      seed: 1,
      seeds: 1,
      simSeconds: 1,
      wallMs: 1000,
      profile: 'swarm',
      nodes: null,
    } as const;
  });
  expect(markdownOf(rows)).toContain('| I7 leader completeness | **nothing** |');
  expect(markdownOf(rows)).toMatch(/\| assertion \| M01a, .*M24, .* \|/);
  expect(markdownOf(rows.slice(1))).not.toContain('I7 leader completeness');
});
