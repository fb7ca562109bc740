import { describe, expect, test } from 'vitest';
import { processor } from '../../test/doubles/sample-profiles.ts';
import { readCpuProfile } from './profile-tree.ts';
import { mergeProfiles, type NodeProfile, type SpeedscopeFile } from './speedscope.ts';

const node = (name: string, startedAt: number, markers: NodeProfile['markers'] = []) => ({
  ...{ name, markers },
  profile: readCpuProfile(processor({ work: 2000, part: 5000, idle: 3000, startedAt })),
});

/** Each row as `stack: microseconds`, frames by their names. */
function rowsOf({ profiles, shared }: SpeedscopeFile): string[][] {
  return profiles.map(({ samples, weights }) =>
    samples.map((stack, i) => {
      const names = stack.map((index) => shared.frames[index]?.name ?? 'MISSING');
      return `${names.join(' ')}: ${weights[i]}`;
    }),
  );
}

describe('mergeProfiles()', () => {
  test('mergeProfiles() puts all nodes on one axis of time, empty where nothing was done', () => {
    const file = mergeProfiles('demo', [node('n1', 50_000), node('n2', 51_000)]);
    expect(rowsOf(file)).toEqual([
      ['work: 2000', 'work part: 5000', ': 4000'],
      [': 1000', 'work: 2000', 'work part: 5000', ': 3000'],
    ]);
    for (const { startValue, endValue, weights } of file.profiles) {
      expect({ startValue, endValue }).toEqual({ startValue: 0, endValue: 11_000 });
      expect(weights.reduce((a, b) => a + b, 0)).toBe(11_000);
    }
    expect(file.shared.frames).toEqual([
      { name: 'work', file: 'node/a.js', line: 10 },
      { name: 'part', file: 'node/b.js', line: 20 },
    ]);
  });

  test('mergeProfiles() lays what happened around what was done meanwhile', () => {
    const markers = [
      { text: 'slow', fromUs: 51_000, untilUs: 53_000 },
      { text: 'elected', fromUs: 52_500, untilUs: 52_500 },
      { text: 'before', fromUs: 10, untilUs: 20 },
    ];
    const [row] = rowsOf(mergeProfiles('demo', [node('n1', 50_000, markers)]));
    expect(row).toEqual([
      ...['work: 1000', '[slow] work: 1000', '[slow] work part: 500'],
      ...['[slow] [elected] work part: 50', '[slow] work part: 450', 'work part: 4000', ': 3000'],
    ]);
  });

  test('mergeProfiles() makes what the published schema of speedscope asks for', () => {
    const file = JSON.parse(JSON.stringify(mergeProfiles('demo', [node('n1', 5)])));
    expect(file.$schema).toBe('https://www.speedscope.app/file-format-schema.json');
    expect(Object.keys(file.profiles[0]).sort()).toEqual([
      'endValue',
      'name',
      'samples',
      'startValue',
      'type',
      'unit',
      'weights',
    ]);
    const [{ type, unit, samples, weights }] = file.profiles;
    expect({ type, unit }).toEqual({ type: 'sampled', unit: 'microseconds' });
    expect(samples).toHaveLength(weights.length);
    const frames = file.shared.frames.length;
    expect(samples.flat().every((at: number) => Number.isInteger(at) && at < frames)).toBe(true);
  });
});
