import { expect, test } from 'vitest';
import { EXPERIMENT } from '../../config/experiment-schema.ts';
import { judgeFloors, troubleOf } from './floors.ts';
import { pointsOf } from './points.ts';
import { differingParameters } from './records.ts';

const ALL = { only: [], points: [] };
const PLAN = EXPERIMENT.parse({
  sweep: [{ app: 'kvstore', sizes: [128, 1024], clients: [1, 4] }],
  shared: [{ app: 'diskstorage', configurations: ['DecoupLog'], clients: 3, apps: [2] }],
  loggers: { clusters: [3], rate: 100 },
  recovery: { minutes: [9, 0.5], commandsPerMinute: 10 },
});

const pathsOf = (wish: Parameters<typeof pointsOf>[1]): string[] =>
  pointsOf(PLAN, wish).map(({ path }) => path);

test('pointsOf() crosses configurations, sizes and clients; short logs come first', () => {
  const paths = pathsOf(ALL);
  expect(paths).toHaveLength(3 * 2 * 2 + 1 + 1 + 2);
  expect(paths.slice(0, 3)).toEqual([
    'kvstore/NotLog/128/1',
    'kvstore/NotLog/128/4',
    'kvstore/NotLog/1024/1',
  ]);
  expect(paths.slice(-4)).toEqual([
    'shared/diskstorage/DecoupLog/1024/2',
    'loggers/3',
    'recovery/0.5',
    'recovery/9',
  ]);
});

test('pointsOf() has loggers only where they are', () => {
  const loggers = pointsOf(PLAN, { only: ['sweep'], points: ['kvstore/*/128/1'] }).map((point) => {
    return point.experiment === 'sweep' ? [point.configuration, point.loggers] : [];
  });
  expect(loggers).toEqual([
    ['NotLog', 0],
    ['AppLogger', 0],
    ['DecoupLog', 2],
  ]);
});

test('pointsOf() takes some of the experiments, and some of their points', () => {
  expect(pathsOf({ only: ['loggers', 'recovery'], points: [] })).toHaveLength(3);
  expect(pathsOf({ only: ['sweep'], points: ['*/4', 'recovery/*'] })).toHaveLength(6);
  expect(pathsOf({ only: [], points: ['nothing'] })).toEqual([]);
});

test('judgeFloors() lets the worst point decide, and nothing where there is none', () => {
  const point = (path: string, rate: number | null) => ({ path, metrics: { rate } });
  const records = [point('a/1', 5), point('a/2', 3), point('b/1', 1), point('a/3', null)];
  const floor = { points: 'a/*', metric: 'rate' };
  const floors = judgeFloors(
    [
      { ...floor, atLeast: 3 },
      { ...floor, atLeast: 4 },
      { ...floor, atMost: 4 },
      { ...floor, metric: 'other', atMost: 4 },
    ],
    records,
  );
  expect(floors.map(({ path, actual, isMet }) => [path, actual, isMet])).toEqual([
    ['a/2', 3, true],
    ['a/2', 3, false],
    ['a/1', 5, false],
    [null, null, null],
  ]);
  expect(troubleOf(floors)?.message).toBe(
    'Floors were missed: rate of a/2 is 3, not >= 4; rate of a/1 is 5, not <= 4',
  );
  expect(troubleOf(floors.slice(0, 1))).toBe(null);
});

test('differingParameters() names what is not the same, also what is missing', () => {
  expect(differingParameters({ a: 1, b: [2], c: 3 }, { a: 1, b: [3], d: 4 })).toEqual([
    ...['b', 'c', 'd'],
  ]);
  expect(differingParameters({ a: { b: 1 } }, { a: { b: 1 } })).toEqual([]);
});

test('a floor without a bound is refused', () => {
  const floor = [{ points: '*', metric: 'rate' }];
  expect(EXPERIMENT.safeParse({ floor }).error?.issues[0]?.message).toBe(
    'A floor says atLeast or atMost',
  );
});
