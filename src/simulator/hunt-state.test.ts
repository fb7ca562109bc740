import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { HuntState } from './hunt-state.ts';
import type { MutantRow } from './mutant-report.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'raftctl-hunt-state-'));
const OF = { program: 'abc', seconds: 60 };

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

function row(id: string, seeds: number): MutantRow {
  return {
    ...{ id, kind: 'safety', bug: 'a bug', directed: null, profile: 'swarm', nodes: null },
    ...{ oracle: null, seed: null, seeds, simSeconds: 1, wallMs: 1 },
  } as const;
}

test('HuntState gives back what was added, for the same program and seconds only', async () => {
  const path = join(FOLDER, 'deep', 'state.jsonl');
  const state = await HuntState.open(path, OF);
  expect(state.known).toEqual([]);
  state.add(row('M01', 25));
  state.add(row('M01', 50));
  await state.flush();
  expect((await HuntState.open(path, OF)).known).toEqual([row('M01', 25), row('M01', 50)]);
  expect((await HuntState.open(path, { ...OF, seconds: 20 })).known).toEqual([]);
  expect((await HuntState.open(path, OF)).known).toEqual([]);
});

test('HuntState passes over a line that was cut off, and goes on behind it', async () => {
  const path = join(FOLDER, 'torn.jsonl');
  const state = await HuntState.open(path, OF);
  state.add(row('M01', 25));
  await state.flush();
  appendFileSync(path, '{"id":"M02","se');
  const next = await HuntState.open(path, OF);
  next.add(row('M03', 1));
  await next.flush();
  expect((await HuntState.open(path, OF)).known).toEqual([row('M01', 25), row('M03', 1)]);
});

test('HuntState.remove leaves no file', async () => {
  const path = join(FOLDER, 'done.jsonl');
  writeFileSync(path, 'something else\n');
  const state = await HuntState.open(path, OF);
  await state.remove();
  expect(() => readFileSync(path)).toThrow('ENOENT');
});
