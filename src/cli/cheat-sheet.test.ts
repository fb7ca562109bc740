import { describe, expect, test } from 'vitest';
import { COMMANDS, commandClass, lineFault, linesOf } from '../../test/doubles/command-line.ts';
import { CHEAT_SHEET } from './cheat-sheet.ts';

const recipes = CHEAT_SHEET.flatMap(({ name, recipes: all }) =>
  all.map(({ line, does }) => ({ name, line, does })),
);

describe('CHEAT_SHEET', () => {
  test.each(recipes)('CHEAT_SHEET: the program takes $line', async ({ line }) => {
    const lines = linesOf(line);
    expect(lines).toHaveLength(1);
    for (const words of lines) expect(await lineFault(words)).toBeNull();
  });

  test('CHEAT_SHEET fits a terminal, and says each thing once', () => {
    for (const { line, does } of recipes) expect(`${line} ${does}`.length).toBeLessThan(115);
    expect(new Set(recipes.map(({ line }) => line)).size).toBe(recipes.length);
  });

  test('a line that is wrong is found', async () => {
    const faults = await Promise.all(
      [
        'raftctl cluster upp demo',
        'raftctl cluster up demo --node 3',
        'raftctl cluster up demo --fsync often',
        'raftctl kv get',
        'raftctl node stop n1 --timeout soon',
        'raftctl as nothing',
      ].flatMap((line) => linesOf(line).map(lineFault)),
    );
    expect(faults).toHaveLength(6);
    expect(faults).not.toContain(null);
  });
});

test.each(COMMANDS)('help of %s: the program takes its examples', async (name) => {
  const { examples = [] } = await commandClass(name);
  const texts = examples.map((one) => (typeof one === 'string' ? one : one.command));
  expect(texts.length).toBeGreaterThan(0);
  for (const text of texts) {
    const lines = linesOf(text.replaceAll('<%= config.bin %>', 'raftctl'));
    expect(lines.length, text).toBeGreaterThan(0);
    for (const words of lines) expect(await lineFault(words), text).toBeNull();
  }
});
