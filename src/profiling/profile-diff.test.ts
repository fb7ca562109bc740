import { describe, expect, test } from 'vitest';
import { allocations, processor } from '../../test/doubles/sample-profiles.ts';
import { diffProfiles } from './profile-diff.ts';
import { readProfile } from './profile-tree.ts';

const before = readProfile(processor({ work: 6000, part: 4000, idle: 90_000 }));

describe('diffProfiles()', () => {
  test('diffProfiles() compares shares of what was not idle', () => {
    const after = readProfile(processor({ work: 250, part: 750, idle: 0 }));
    expect(diffProfiles(before, after, 10)).toEqual({
      unit: 'us',
      before: { busy: 10_000, idle: 90_000 },
      after: { busy: 1000, idle: 0 },
      functions: [
        { name: 'work', place: 'node/a.js', beforeShare: 0.6, afterShare: 0.25, change: -0.35 },
        { name: 'part', place: 'node/b.js', beforeShare: 0.4, afterShare: 0.75, change: 0.35 },
      ],
    });
    expect(diffProfiles(before, after, 1).functions).toHaveLength(1);
  });

  test('diffProfiles() knows a function whose line moved, and one that is new or gone', () => {
    const moved = processor({ work: 6, part: 4, idle: 0 }).replace(
      '"lineNumber":9',
      '"lineNumber":99',
    );
    expect(diffProfiles(before, readProfile(moved), 10).functions).toEqual([]);
    const renamed = processor({ work: 6, part: 4, idle: 0 }).replace('"part"', '"other"');
    const changes = diffProfiles(before, readProfile(renamed), 10).functions;
    expect(changes.map(({ name, change }) => [name, change])).toEqual([
      ['part', -0.4],
      ['other', 0.4],
    ]);
  });

  test('diffProfiles() does not compare time with memory', () => {
    const memory = readProfile(allocations({ work: 1, part: 1 }));
    expect(() => diffProfiles(before, memory, 1)).toThrow('Cannot compare');
    expect(diffProfiles(memory, memory, 1).before).toEqual({ busy: 2, idle: null });
  });
});
