import { expect, test } from 'vitest';
import { cutProfile, pruneProfile } from './cut.ts';

const callFrame = { functionName: 'f', scriptId: '0', url: '', lineNumber: 0, columnNumber: 0 };
const positionTicks = [{ line: 1, ticks: 2 }];
const profile = {
  nodes: [
    { id: 1, callFrame, hitCount: 2, positionTicks, children: [2] },
    { id: 2, callFrame, hitCount: 2, positionTicks },
  ],
  ...{ startTime: 1000, endTime: 1600 },
  ...{ samples: [1, 1, 2, 2], timeDeltas: [100, 100, 100, 250] },
};

test('cutProfile() leaves out what was sampled before the moment', () => {
  expect(cutProfile(profile, 1250)).toEqual({
    nodes: [
      { id: 1, callFrame, hitCount: 0, children: [2] },
      { id: 2, callFrame, hitCount: 2, positionTicks },
    ],
    ...{ startTime: 1250, endTime: 1600 },
    ...{ samples: [2, 2], timeDeltas: [50, 250] },
  });
});

test('cutProfile() keeps all of a profile that begins later, and nothing of one that ended', () => {
  expect(cutProfile(profile, 0)).toEqual(profile);
  expect(cutProfile(profile, 9000)).toMatchObject({ startTime: 1600, samples: [], timeDeltas: [] });
});

test('pruneProfile() leaves out calls that no sample saw, and keeps their callers', () => {
  const nodes = [
    { id: 1, callFrame, hitCount: 0, children: [2, 3] },
    { id: 2, callFrame, hitCount: 0, children: [4] },
    { id: 3, callFrame, hitCount: 0 },
    { id: 4, callFrame, hitCount: 1 },
  ];
  expect(pruneProfile({ ...profile, nodes }).nodes).toEqual([
    { id: 1, callFrame, hitCount: 0, children: [2] },
    { id: 2, callFrame, hitCount: 0, children: [4] },
    { id: 4, callFrame, hitCount: 1 },
  ]);
});
