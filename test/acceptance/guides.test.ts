/** `raftctl cheat` and `raftctl man`, as they are printed and written. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, raftctl } from '../doubles/program.ts';
import { roffFaults } from '../doubles/roff-page.ts';

test('cheat prints every topic, with colour on terminals only', async () => {
  const all = await raftctl(['cheat']);
  expect([all.code, all.stderr]).toEqual([0, '']);
  expect(all.stdout.match(/^[a-z]+: /gm)).toHaveLength(8);
  expect(all.stdout).not.toContain('\u001b');
  const one = await raftctl(['cheat', 'recover'], { env: { FORCE_COLOR: '1', NO_COLOR: '' } });
  expect(one.stdout).toContain('\u001b[36m');
  const wrong = await raftctl(['cheat', 'recovr']);
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toContain('Did you mean recover?');
});

test('man writes a page of every command that roff can read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'raftctl-man-'));
  try {
    const written = await raftctl(['man', '--into', folder]);
    expect(written.code, written.stderr).toBe(0);
    const { commands } = JSON.parse(await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, unknown>;
    };
    const names = Object.keys(commands).map((id) => `raftctl-${id.replaceAll(':', '-')}.1`);
    expect((await readdir(folder)).sort()).toEqual(['raftctl.1', ...names].sort());
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), 'utf8');
      expect([name, roffFaults(text)]).toEqual([name, []]);
    }
    const env = { SOURCE_DATE_EPOCH: '86400' };
    const page = await raftctl(['man', 'cluster', 'up'], { env });
    expect(page.stdout).toContain('"1" "1970-01-02" "raftctl ');
    for (const [words, exit] of [
      ['cluster upp', 127],
      ['cluster', 2],
      ['bench --into x', 2],
    ] as const) {
      expect((await raftctl(['man', ...words.split(' ')])).code, words).toBe(exit);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
