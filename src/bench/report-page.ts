/**
 * One run, or two side by side, as an HTML page that needs nothing else: figures, latency by time,
 * percentiles, throughput, machine, and the command that made it. Pure.
 */
import { htmlPage, htmlText } from '../std/html.ts';
import { formatBytes, formatCount, formatDurationMs, percentText } from '../std/units.ts';
import type { IntervalLog } from './interval-log.ts';
import type { Knee } from './knee.ts';
import { kneeSection } from './knee-chart.ts';
import { latencyRange } from './latency-grid.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { durationText } from './latency-text.ts';
import { phaseFigure, phasesTopUs } from './phase-pictures.ts';
import { actualText, generatorText, verificationText } from './report.ts';
import { heatMap, percentileCurves, throughputChart } from './report-charts.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { BenchResult } from './result.ts';
import { judgedLatency } from './run-list.ts';
import type { StoredRun } from './run-store.ts';

export interface ReportedRun {
  readonly run: StoredRun;
  readonly log: IntervalLog;
  /** The curve that the run is a point of; left out: it is none. */
  readonly knee?: Knee | null;
}

const SIDES = ['a', 'b'] as const;

/** @param second to be shown beside the first. */
export function drawReport(first: ReportedRun, second: ReportedRun | null): string {
  const runs = second === null ? [first] : [first, second];
  const names = runs.map(({ run }) => nameOf(run));
  const title = `raftctl bench: ${names.join(' and ')}`;
  const top = Math.max(
    1,
    ...runs.flatMap(({ run }) => run.result.series.map((row) => row.answered)),
  );
  const pair = (draw: (one: ReportedRun) => string): string => {
    const parts = runs.map((one, i) => {
      const name = second === null ? '' : `<p class="name">${htmlText(names[i] ?? '')}</p>`;
      return `<div class="${SIDES[i]}">${name}${draw(one)}</div>`;
    });
    return `<div class="pair">${parts.join('')}</div>`;
  };
  const key = second === null ? '' : `<p>${names.map(keyOf).join(' ')}</p>`;
  const topUs = phasesTopUs(runs.map(({ run }) => run.result.phases));
  const range = latencyRange(runs.map(({ log }) => log));
  const curves = runs.map(({ log }, i) => ({ log, className: SIDES[i] ?? 'a' }));
  const body = [
    `<header><h1>${htmlText(title)}</h1></header>`,
    pair(({ run }) => headOf(run)),
    second === null ? '' : changesTable(first.run.result, second.run.result),
    ...runs.map(({ knee }) => (knee ? kneeSection(knee) : '')),
    '<h2>Latency by time</h2>',
    `<p class="dim">Darker: more requests. ${LATENCY_NOTE[first.run.result.loop]}</p>`,
    pair(({ log }) => heatMap(log, range)),
    '<h2>Latency by percentile</h2>',
    key,
    `<div class="wide">${percentileCurves(curves)}</div>`,
    pair(({ run }) => latencyTable(run.result)),
    '<h2>Throughput</h2>',
    pair(({ run }) => throughputChart(run.result, top)),
    runs.some(({ run }) => run.result.phases) ? PHASES_HEAD : '',
    runs.some(({ run }) => run.result.phases)
      ? pair(({ run }) => phaseFigure(run.result.phases, topUs))
      : '',
    '<h2>What happened</h2>',
    pair(({ run }) => eventsOf(run.result)),
    '<h2>Load and machine</h2>',
    factsTable(runs.map(({ run }) => run.result)),
  ];
  return htmlPage({ title, style: REPORT_STYLE, body: body.join('\n') });
}

const PHASES_HEAD =
  '<h2>Where the servers spent it</h2><p class="dim">Batches of writes as the leader measured them: ' +
  'full p50, light p99, each from where the phases before it usually end.</p>';

const LATENCY_NOTE = {
  open: 'From the moment a request was due: a stall shows as a slope, not as a hole.',
  closed: 'From the moment a request was sent: a closed loop sends nothing during a stall.',
} as const;

function nameOf({ id, name, tags }: StoredRun): string {
  return name ?? tags[0] ?? id;
}

function keyOf(name: string, i: number): string {
  return `<span class="key ${SIDES[i]}">${i === 0 ? '━━' : '╍╍'} ${htmlText(name)}</span>`;
}

function headOf({ id, command, result }: StoredRun): string {
  const { throughputPerSecond, requests, invalidReasons, isPartial, slos } = result;
  const latency = judgedLatency(result);
  const figures = [
    ['answered a second', formatCount(throughputPerSecond)],
    ['p50', durationText(latency.p50Us)],
    ['p99', durationText(latency.p99Us)],
    ['p99.9', durationText(latency.p999Us)],
    ['answered', formatCount(requests.answered)],
    ['failed', formatCount(requests.failed)],
  ].map(([name = '', value = '']) => `<div><b>${htmlText(value)}</b><span>${name}</span></div>`);
  const troubles = [
    ...invalidReasons.map((reason) => `INVALID: ${reason}`),
    ...(isPartial ? ['PARTIAL: cut short by a signal'] : []),
    ...slos
      .filter(({ isMet }) => !isMet)
      .map(({ slo, actual, unit }) => `MISSED: ${slo}, ${actualText(actual, unit)}`),
  ].map((text) => `<p class="trouble">${htmlText(text)}</p>`);
  const met = slos.filter(({ isMet }) => isMet).map(({ slo }) => slo);
  const kept = met.length === 0 ? '' : `<p>Objectives met: ${htmlText(met.join(', '))}</p>`;
  return (
    `<p class="dim">${htmlText(id)}, ${htmlText(result.startedAt)}, ${formatDurationMs(result.measuredMs)}</p>` +
    `<p><code>raftctl ${htmlText(command.join(' '))}</code></p>` +
    `<div class="figures">${figures.join('')}</div>${troubles.join('')}${kept}`
  );
}

function changesTable(before: BenchResult, after: BenchResult): string {
  const [a, b] = [judgedLatency(before), judgedLatency(after)];
  const rows = [
    ['throughput', before.throughputPerSecond, after.throughputPerSecond],
    ...(['p50Us', 'p90Us', 'p99Us', 'p999Us', 'maxUs'] as const).map((field) => {
      return [LATENCY_NAMES[field], a[field], b[field]] as const;
    }),
  ] as const;
  const cells = rows.map(([name, from, to]) => {
    const change = from === 0 ? null : to / from - 1;
    return `<tr><td>${name}</td><td class="n">${percentText(change)}</td></tr>`;
  });
  return (
    '<table><caption>The second against the first; one run each decides nothing: ' +
    `raftctl bench compare</caption>${cells.join('')}</table>`
  );
}

const LATENCY_NAMES = {
  p50Us: 'p50',
  p90Us: 'p90',
  p99Us: 'p99',
  p999Us: 'p99.9',
  maxUs: 'max',
  meanUs: 'mean',
} as const;

function latencyTable({ latency, byOperation, lateness }: BenchResult): string {
  const rows: (readonly [string, LatencySummary | null])[] = [
    ['corrected', latency.corrected],
    ['raw', latency.raw],
    ['writes', byOperation.write.corrected ?? byOperation.write.raw],
    ['reads', byOperation.read.corrected ?? byOperation.read.raw],
    ['generator late by', lateness],
  ];
  const fields = Object.keys(LATENCY_NAMES) as (keyof typeof LATENCY_NAMES)[];
  const head = fields.map((field) => `<th class="n">${LATENCY_NAMES[field]}</th>`);
  const lines = rows.flatMap(([name, summary]) => {
    if (summary === null || summary.count === 0) return [];
    const cells = fields.map((field) => `<td class="n">${durationText(summary[field])}</td>`);
    return `<tr><td>${name}</td>${cells.join('')}<td class="n">${formatCount(summary.count)}</td></tr>`;
  });
  return `<table><tr><th></th>${head.join('')}<th class="n">count</th></tr>${lines.join('')}</table>`;
}

function eventsOf({ notes, errors, verification }: BenchResult): string {
  const failures = Object.entries(errors).map(([kind, count]) => `${kind}: ${formatCount(count)}`);
  const verified = verification ? [`read back: ${verificationText(verification)}`] : [];
  const all = [...notes, ...failures, ...verified];
  if (all.length === 0) return '<p class="dim">Nothing to note: no failures, one leader.</p>';
  return `<ul>${all.map((text) => `<li>${htmlText(text)}</li>`).join('')}</ul>`;
}

/** What the runs had in common, and where they differ. */
function factsTable(results: readonly BenchResult[]): string {
  const all = results.map(factsOf);
  const names = [...new Set(all.flatMap((facts) => [...facts.keys()]))];
  const rows = names.map((name) => {
    const values = all.map((facts) => facts.get(name) ?? '-');
    const isSame = values.every((value) => value === values[0]);
    const cells = values.map((value) => `<td>${htmlText(value)}</td>`);
    return `<tr${isSame ? '' : ' class="differs"'}><td>${name}</td>${cells.join('')}</tr>`;
  });
  return `<table>${rows.join('')}</table>`;
}

function factsOf(result: BenchResult): Map<string, string> {
  const { workload, environment, targets, fsync } = result;
  const where = targets.map(({ node, address, server, version }) => {
    return `${node ?? address} (${server ?? 'unknown'} ${version ?? ''})`;
  });
  const { slos: _judged, targets: _named, ...load } = workload;
  const loads = Object.entries(load).map(([name, value]) => {
    const text = value === null ? '-' : typeof value === 'object' ? JSON.stringify(value) : value;
    return [`load: ${name}`, String(text)] as const;
  });
  return new Map([
    ['targets', where.join(', ')],
    ['writes made durable', fsync ?? 'not told'],
    ...loads,
    ['processor', `${environment.cpu}, ${environment.cores} cores`],
    ['memory', formatBytes(environment.memoryBytes)],
    ['system', `${environment.platform}, ${environment.kernel}`],
    ['load before', environment.loadAverage.toFixed(2)],
    ['generator', `raftctl ${environment.raftctl}, Node ${environment.node}, V8 ${environment.v8}`],
    ['generator took', generatorText(result)],
  ]);
}
