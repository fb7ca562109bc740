/**
 * Servers of goraft that have nothing to do. The number is that of the check in
 * docs/older-systems.md. What a process uses is told by Linux. Ports: 24840 to 24859, for
 * administration 5000 higher.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { curl } from '../doubles/curl.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';
import { scaled } from '../doubles/program.ts';

const REST_SECONDS = scaled(10, 60);
/** Of one core. */
const CPU_PERCENT_MAX = 2;
/** What a new process still compiles and grows does not count. */
const SETTLE_MS = 5000;
const TICKS_PER_SECOND = 100;

let programs: OldPrograms;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
});
afterAll(() => programs.dispose());

async function pidOf(node: number): Promise<number> {
  const text = await readFile(`${programs.folder}/kvapi${node}/md_${node}/node.pid`, 'utf8');
  return (JSON.parse(text) as { pid: number }).pid;
}

async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function descriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

test('59: resting, a node opens nothing and takes less than 2 % of a core', async () => {
  const cluster = '0,:24841;1,:24842;2,:24843';
  for (const node of [0, 1, 2]) {
    const flags = ['--node', String(node), '--http', `:${24_850 + node}`, '--cluster', cluster];
    await programs.start(`kvapi${node}`, 'kvapi', ...flags);
  }
  // Any of them may lead.
  await eventually(
    () =>
      Promise.all(
        [0, 1, 2].map((n) => curl(`http://localhost:${24_850 + n}/set?key=y&value=hello`)),
      ),
    (answers) => answers.some(({ status }) => status === 200),
  );
  await sleep(SETTLE_MS);
  const pids = await Promise.all([0, 1, 2].map(pidOf));
  const [cpuBefore, opened] = [
    await Promise.all(pids.map(cpuSeconds)),
    await Promise.all(pids.map(descriptors)),
  ];
  await sleep(REST_SECONDS * 1000);
  const cpuAfter = await Promise.all(pids.map(cpuSeconds));
  expect(await Promise.all(pids.map(descriptors))).toEqual(opened);
  const percents = cpuAfter.map((s, i) => (100 * (s - (cpuBefore[i] ?? 0))) / REST_SECONDS);
  for (const percent of percents) expect(percent).toBeLessThan(CPU_PERCENT_MAX);
});
