import { expect, test } from 'vitest';
import { Histogram } from '../std/histogram.ts';
import { PLAIN } from '../std/paint.ts';
import { phaseFigure, phaseLines, phasesTopUs } from './phase-pictures.ts';
import { type PhaseLook, phaseHistograms, serverPhases } from './server-phases.ts';

/** A node whose phases took so long, each as often as there are durations. */
function lookOf(
  id: string,
  phases: Readonly<Record<string, readonly number[]>>,
  incarnation = 'first',
): PhaseLook {
  const histograms = Object.entries(phases).map(([phase, durations]) => {
    const histogram = new Histogram();
    for (const us of durations) histogram.record(us);
    return [phase, histogram.toJSON()] as const;
  });
  return { id, incarnation, phases: Object.fromEntries(histograms) };
}

const WAY = { queue: [10], sync: [80], 'ack.n2': [60], quorum: [70], apply: [5], reply: [3] };

function twice(more: Readonly<Record<string, readonly number[]>>) {
  const all = Object.entries(more).map(([phase, durations]) => [phase, [9999, ...durations]]);
  const old = Object.keys(more).map((phase) => [phase, [9999]]);
  return [
    [lookOf('n1', Object.fromEntries(old))],
    [lookOf('n1', Object.fromEntries(all))],
  ] as const;
}

test('serverPhases() counts only what came between the two looks, in the order of a write', () => {
  const { phases, nodes } = serverPhases(...twice({ ...WAY, total: [88] }));
  expect(nodes).toEqual(['n1']);
  expect(phases.map(({ phase, p50Us, fromUs }) => [phase, p50Us, fromUs])).toEqual([
    ['queue', 10, 0],
    ['sync', 80, 10],
    ['ack.n2', 60, 10],
    ['quorum', 70, 10],
    ['apply', 5, 80],
    ['reply', 3, 85],
    ['total', 88, 0],
  ]);
  expect(phases.every(({ count }) => count === 1)).toBe(true);
});

test('serverPhases() merges what several nodes measured while each led', () => {
  const before = [lookOf('n1', {}), lookOf('n2', {})];
  const after = [lookOf('n1', { sync: [100, 100, 100] }), lookOf('n2', { sync: [10] })];
  const [sync] = serverPhases(before, after).phases;
  expect(sync).toMatchObject({ phase: 'sync', count: 4, p50Us: 100, meanUs: 77.5 });
});

test('serverPhases() takes all that a node measured since it was started anew, and says so', () => {
  const before = [lookOf('n1', { sync: [50, 50] })];
  const after = [lookOf('n1', { sync: [20] }, 'second'), lookOf('n9', { sync: [1] })];
  const found = serverPhases(before, after);
  expect(found).toMatchObject({ nodes: ['n1'], restarted: ['n1'], gone: [] });
  expect(serverPhases(before, []).gone).toEqual(['n1']);
  expect(found.phases[0]).toMatchObject({ count: 1, p50Us: 20 });
  expect(Object.keys(phaseHistograms(before, after))).toEqual(['n1']);
});

test('serverPhases() says whose disk the majority waited for', () => {
  const quorum = [...new Array<number>(99).fill(50), 5000];
  const decided = { 'decided.n1': quorum.slice(0, 75), 'decided.n2': quorum.slice(75) };
  const { deciders } = serverPhases([lookOf('n1', {})], [lookOf('n1', { quorum, ...decided })]);
  expect(deciders.map(({ member, share }) => [member, share])).toEqual([
    ['n1', 0.75],
    ['n2', 0.25],
  ]);
});

test('phaseLines() draws each phase behind those before it', () => {
  const phases = serverPhases(...twice(WAY));
  const lines = phaseLines(phases, PLAIN);
  expect(lines).toHaveLength(7);
  expect(lines[1]).toMatch(/^propose queue +1 +10 us .* {2}#+-*$/);
  const startOf = (line = ''): number => line.indexOf('#');
  expect(startOf(lines[5])).toBeGreaterThan(startOf(lines[2]));
  expect(phaseLines(serverPhases([], []), PLAIN)).toEqual(['no node told its phases']);
});

test('phaseFigure() has two bars a phase, all within the picture', () => {
  const phases = serverPhases(...twice(WAY));
  const figure = phaseFigure(phases, phasesTopUs([phases, null]));
  expect(figure.match(/<rect/g)).toHaveLength(12);
  for (const [, x, width] of figure.matchAll(/x="([\d.]+)" y="\d+" width="([\d.]+)"/g)) {
    expect(Number(x) + Number(width)).toBeLessThan(500);
  }
  expect(phaseFigure(null, 1)).toContain('--phases');
});
