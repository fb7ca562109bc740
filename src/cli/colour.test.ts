import { expect, test } from 'vitest';
import { wantsColour } from './colour.ts';

const ask = (env: Record<string, string>, isTerminal = true, refused = false): boolean =>
  wantsColour({ env, isTerminal, refused });

test('wantsColour() follows the stream when nothing is said', () => {
  expect(ask({})).toBe(true);
  expect(ask({}, false)).toBe(false);
});

test('wantsColour() lets each refusal win over FORCE_COLOR', () => {
  const force = { FORCE_COLOR: '1' };
  expect(ask(force, false)).toBe(true);
  expect(ask(force, true, true)).toBe(false);
  expect(ask({ ...force, NO_COLOR: '1' })).toBe(false);
  expect(ask({ ...force, RAFTCTL_NO_COLOR: '1' })).toBe(false);
  expect(ask({ FORCE_COLOR: '0' })).toBe(false);
});

test('wantsColour() takes FORCE_COLOR over TERM=dumb, and an empty NO_COLOR for nothing', () => {
  expect(ask({ TERM: 'dumb' })).toBe(false);
  expect(ask({ TERM: 'dumb', FORCE_COLOR: '1' })).toBe(true);
  expect(ask({ NO_COLOR: '' })).toBe(true);
});
