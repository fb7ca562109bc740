import { describe, expect, test } from 'vitest';
import { RUN_OPTIONS_DEFAULT } from './run.ts';
import { parseSeeds, replayCommand } from './seed-range.ts';

describe('parseSeeds', () => {
  test.each([
    ['100', false, { first: 1, last: 100 }],
    ['200..300', false, { first: 200, last: 300 }],
    ['4711', true, { first: 4711, last: 4711 }],
  ])('parseSeeds reads %s', (text, isOne, range) => {
    expect(parseSeeds(text, isOne)).toEqual(range);
  });

  test.each([
    ['0', false],
    ['5..1', false],
    ['x', false],
    ['1..2', true],
    ['-3', true],
  ])('parseSeeds refuses %s', (text, isOne) => {
    expect(() => parseSeeds(text, isOne)).toThrow('Cannot read');
  });
});

describe('replayCommand', () => {
  test('replayCommand says all that is not drawn', () => {
    const options = { ...RUN_OPTIONS_DEFAULT, nodes: 5, load: 200 };
    expect(replayCommand(7, options, 'M13')).toBe(
      'raftctl sim --seed 7 --sim-seconds 20 --nodes 5 --load 200 --profile swarm --mutate M13',
    );
  });
});
