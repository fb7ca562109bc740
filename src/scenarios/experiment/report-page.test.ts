import { expect, test } from 'vitest';
import { EXPERIMENT } from '../../config/experiment-schema.ts';
import { figureSvg } from './figure-svg.ts';
import { type Figure, figuresOf } from './figures.ts';
import type { Metrics, PointRecord } from './records.ts';
import { reportOf } from './report.ts';
import { experimentPage } from './report-page.ts';
import { csvText, reportTables } from './report-tables.ts';
import { reportLines } from './report-text.ts';

const PLAN = EXPERIMENT.parse({
  title: 'A <bold> experiment',
  sweep: [
    { app: 'kvstore', configurations: ['NotLog', 'DecoupLog'], sizes: [128], clients: [1, 4] },
  ],
  loggers: { clusters: [2], rate: 100 },
  recovery: { minutes: [1], commandsPerMinute: 10 },
  floor: [{ points: 'kvstore/*', metric: 'commandsPerSecond', atLeast: 150 }],
});
const HEAD = {
  ...{ formatVersion: 1, profile: 'mine.toml', plan: PLAN },
  environment: {
    ...{ raftctl: '1', node: '20', v8: '11', platform: 'linux-x64', kernel: '6' },
    ...{ cores: 2, cpu: 'A "fast" one', memoryBytes: 4096, loadAverage: 0.5 },
  },
  reference: {
    ...{ name: 'thesis', source: 'http://example.org/thesis', setting: 'then', remarks: ['one'] },
    approximate: ['kvstore/*'],
    points: { 'kvstore/NotLog/128/4': { commandsPerSecond: 200, p90Ms: 3 } },
  },
};

function pointAt(path: string, parameters: object, metrics: Metrics): PointRecord {
  return {
    ...{ formatVersion: 1, path, startedAt: '2026-03-01T12:00:00.000Z', loadAverage: 0.1, metrics },
    parameters: { ...parameters, path },
    series: [0, 1, 2].map((second) => ({ second, lagEntries: 10 * second })),
  };
}

function sweepAt(configuration: string, clients: number, commandsPerSecond: number): PointRecord {
  const parameters = { experiment: 'sweep', app: 'kvstore', configuration, size: 128, clients };
  const path = `kvstore/${configuration}/128/${clients}`;
  return pointAt(path, parameters, { commandsPerSecond, p90Ms: clients / 2, lost: 0 });
}

const RECORDS = [
  sweepAt('DecoupLog', 1, 90),
  sweepAt('NotLog', 1, 100),
  sweepAt('NotLog', 4, 400),
  pointAt('loggers/2', { experiment: 'loggers', clusters: 2 }, { commandsPerSecond: 200 }),
];
const REPORT = reportOf('/results', HEAD, RECORDS);

test('reportOf() has points in the order of the plan, theirs beside ours, and floors', () => {
  expect(REPORT.points.map(({ path }) => path)).toEqual([
    'kvstore/NotLog/128/1',
    'kvstore/NotLog/128/4',
    'kvstore/DecoupLog/128/1',
    'loggers/2',
  ]);
  const [, four] = REPORT.points;
  expect(four?.reference).toEqual({ commandsPerSecond: 200, p90Ms: 3 });
  expect(four?.isReferenceApproximate).toBe(true);
  expect(REPORT.floors).toMatchObject([{ path: 'kvstore/DecoupLog/128/1', isMet: false }]);
});

test('reportLines() and csvText() show the same cells', () => {
  const text = reportLines(REPORT).join('\n');
  expect(text).toMatch(/^NotLog +4 +400 +2[.]00 +200 +3[.]00 +- +- +- +0$/m);
  const [sweep] = reportTables(REPORT);
  expect(sweep && csvText(sweep)).toContain('\r\nNotLog,4,400,2,200,3,,,,0\r\n');
  expect(text).toContain('thesis: http://example.org/thesis; then\n  one\n');
  expect(text).not.toContain('BUSY');
});

test('experimentPage() is one page that loads nothing and takes names as text', () => {
  const page = experimentPage(REPORT, RECORDS);
  expect(page).not.toMatch(/<script|@import|url\(|<link|<img|<a |src=|href=|xmlns/);
  // The only address is that of the source, as text.
  expect(page.match(/https?:[^<]*/g)).toEqual(['http://example.org/thesis; then']);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain('A &lt;bold&gt; experiment');
  expect(page).toContain('A &quot;fast&quot; one');
  for (const tag of ['svg', 'table', 'div', 'tr', 'td', 'p', 'g', 'text']) {
    const count = (pattern: string): number => page.split(new RegExp(pattern)).length;
    expect(count(`<${tag}[ >]`), tag).toBe(count(`</${tag}>`));
  }
  // Throughput, latency, loggers, their lag; there is no point of recovery.
  expect(page.match(/<svg/g)).toHaveLength(4);
});

test('figuresOf() draws a line for each configuration, and another for theirs', () => {
  const [throughput] = figuresOf(REPORT, RECORDS);
  expect(throughput?.xMarks).toEqual([1, 4]);
  expect(throughput?.series).toEqual([
    ...[
      {
        label: 'NotLog',
        number: 0,
        isTheirs: false,
        points: [
          [1, 100],
          [4, 400],
        ],
      },
    ],
    ...[{ label: 'NotLog, thesis', number: 0, isTheirs: true, points: [[4, 200]] }],
    ...[{ label: 'DecoupLog', number: 1, isTheirs: false, points: [[1, 90]] }],
  ]);
});

test('figureSvg() as a file has its style with it; two points of theirs are not joined', () => {
  const series = (isTheirs: boolean): Figure['series'][number] => {
    return {
      label: 'x',
      number: 0,
      isTheirs,
      points: [
        [1, 0.2],
        [2, 0.4],
      ],
    };
  };
  const figure = { name: 'f', title: 'F', xTitle: 'x', yTitle: 'y', series: [series(false)] };
  const file = figureSvg(figure, true);
  expect(file).toMatch(/^<svg class="figure" xmlns="http:\/\/www.w3.org\/2000\/svg" /);
  expect(file).toContain('<style>');
  expect(file.match(/<polyline/g)).toHaveLength(1);
  expect(file).toContain('>0.2<');
  expect(figureSvg({ ...figure, series: [series(true)] })).not.toContain('<polyline');
});
