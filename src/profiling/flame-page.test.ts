import { Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { allocations, processor } from '../../test/doubles/sample-profiles.ts';
import { drawFlame, type FlameData } from './flame-page.ts';
import { readProfile } from './profile-tree.ts';

const profile = readProfile(processor({ work: 2000, part: 6000, idle: 2000 }));

function dataOf(page: string): FlameData {
  const [, text = ''] =
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(text) as FlameData;
}

describe('drawFlame()', () => {
  test('drawFlame() gives every call a box below its caller, as wide as what it cost', () => {
    const page = drawFlame({ title: 'a.cpuprofile', profile });
    expect(page).toContain('0.01 s sampled, 0.01 s busy (80.0 %)');
    const { unit, functions, boxes, beforeTotal } = dataOf(page);
    expect({ unit, beforeTotal }).toEqual({ unit: 'us', beforeTotal: null });
    expect(functions).toEqual([
      ['(root)', '', 'native'],
      ['work', 'node/a.js:10', 'node'],
      ['part', 'node/b.js:20', 'node'],
    ]);
    expect(boxes).toEqual([
      [0, 0, 0, 8000, 0],
      [1, 1, 0, 8000, 2000],
      [2, 2, 0, 6000, 6000],
    ]);
  });

  test('drawFlame() shows allocations in bytes', () => {
    const page = drawFlame({
      ...{ title: 'a.heapprofile', profile: readProfile(allocations({ work: 1024, part: 1024 })) },
    });
    expect(page).toContain('2 KiB sampled as allocated');
    expect(dataOf(page).unit).toBe('bytes');
  });

  test('drawFlame() puts the earlier cost beside each box of a comparison', () => {
    const before = { title: 'b', profile: readProfile(processor({ work: 3, part: 1, idle: 0 })) };
    const { boxes, beforeTotal } = dataOf(drawFlame({ title: 'a', profile, before }));
    expect(beforeTotal).toBe(4);
    expect(boxes.map((box) => box[5])).toEqual([4, 4, 1]);
  });

  test('drawFlame() makes a page that loads nothing and whose script is sound', () => {
    const page = drawFlame({ title: 'a', profile });
    expect(page).not.toMatch(/https?:|\b(?:src|href)=|@import|url\(|\b(?:fetch|import)\s*\(/);
    expect(page).toContain("content=\"default-src 'none';");
    const [, script = ''] = /<script>(.*)<\/script>/s.exec(page) ?? [];
    expect(() => new Script(script)).not.toThrow();
  });

  test('drawFlame() takes names of files and functions as text', () => {
    const name = '</script><script>alert(1)</script>';
    const text = processor({ work: 1, part: 1, idle: 0 }).replaceAll(
      '"part"',
      JSON.stringify(name),
    );
    const page = drawFlame({ title: '<b>', profile: readProfile(text) });
    expect(page).not.toContain('<script>alert');
    expect(page).toContain('<title>&lt;b&gt;</title>');
    expect(dataOf(page).functions[2]?.[0]).toBe(name);
  });
});
