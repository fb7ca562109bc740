import { describe, expect, test } from 'vitest';
import { allocations, processor } from '../../test/doubles/sample-profiles.ts';
import { functionSums, readProfile, withoutIdle } from './profile-tree.ts';

describe('readProfile()', () => {
  test('readProfile() makes one tree of calls of a .cpuprofile, dearest first', () => {
    const { unit, root } = readProfile(processor({ work: 2000, part: 7000, idle: 1000 }));
    expect(unit).toBe('us');
    expect(root).toMatchObject({ name: '(root)', self: 0, total: 10_000 });
    expect(root.children.map(({ name, total }) => [name, total])).toEqual([
      ['work', 9000],
      ['(idle)', 1000],
    ]);
    const [work] = root.children;
    expect(work).toMatchObject({ place: 'node/a.js:10', self: 2000 });
    expect(work?.children).toEqual([
      { name: 'part', place: 'node/b.js:20', self: 7000, total: 7000, children: [] },
    ]);
  });

  test('readProfile() takes a .heapprofile in bytes', () => {
    const { unit, root } = readProfile(allocations({ work: 100, part: 400 }));
    expect(unit).toBe('bytes');
    expect(root.total).toBe(500);
    expect(root.children[0]).toMatchObject({ name: 'work', self: 100, total: 500 });
  });

  test('readProfile() says what it wants when the file is something else', () => {
    for (const text of ['', 'x', '{}', '[]', 'null', '{"head":null}', '{"nodes":[]}']) {
      expect(() => readProfile(text), text).toThrow('neither a .cpuprofile nor a .heapprofile');
    }
  });
});

test('withoutIdle() leaves out the time in which there was nothing to do', () => {
  const { tree, idle } = withoutIdle(readProfile(processor({ work: 2, part: 3, idle: 5 })));
  expect(idle).toBe(5);
  expect(tree.root.total).toBe(5);
  expect(tree.root.children.map(({ name }) => name)).toEqual(['work']);
});

test('functionSums() counts a function that calls itself once', () => {
  const call = (self: number, total: number, children: unknown[] = []) => ({
    ...{ name: 'work', place: 'a.js:1', self, total, children },
  });
  const root = { ...call(0, 5, [call(2, 5, [call(3, 3)])]), name: '(root)', place: '' };
  const sums = functionSums({ unit: 'us', root } as Parameters<typeof functionSums>[0]);
  expect([...sums.values()]).toEqual([{ name: 'work', place: 'a.js:1', self: 5, total: 5 }]);
});
