/** The result as lines for a person. Pure. */
import type { Paint } from '../std/paint.ts';
import { sparkline } from '../std/sparkline.ts';
import { tableLines } from '../std/table.ts';
import { formatBytes, formatCount, formatDurationMs, plural } from '../std/units.ts';
import type { AgentRow } from './agent-row.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { durationText } from './latency-text.ts';
import { phaseLines } from './phase-pictures.ts';
import type { BenchResult } from './result.ts';
import type { SloResult } from './slo.ts';
import type { Verification } from './verify.ts';

const SERIES_COLUMNS = 60;

interface LatencyRow {
  readonly name: string;
  readonly summary: LatencySummary;
}

export function reportLines(result: BenchResult, paint: Paint): string[] {
  return [
    ...headLines(result, paint),
    '',
    ...tableLines(LATENCY_COLUMNS, latencyRows(result), paint),
    '',
    ...factLines(result, paint),
    ...(result.phases ? ['', ...phaseLines(result.phases, paint), ''] : []),
    ...verificationLines(result, paint),
    ...sloLines(result.slos, paint),
    ...verdictLines(result, paint),
  ];
}

function headLines(result: BenchResult, paint: Paint): string[] {
  const { workload, targets, environment } = result;
  const where = targets.map((target) => target.node ?? target.address).join(', ');
  const [first] = targets;
  const server =
    first === undefined || first.server === null
      ? ''
      : ` (${first.server} ${first.version ?? ''}${first.cluster === null ? '' : `, ${first.cluster}`})`;
  const pace =
    workload.ratePerSecond === null
      ? `closed loop, ${workload.pipeline} at a time`
      : `open loop, ${formatCount(workload.ratePerSecond)}/s`;
  const keys = `${formatCount(workload.keyMaximum)} keys ${workload.keyPattern}`;
  const durable =
    result.fsync === null || result.fsync === 'always'
      ? ''
      : paint('yellow', `  fsync ${result.fsync}: a crash can lose answered writes`);
  return [
    `${paint('bold', 'raftctl bench')} ${where}${server}${durable}`,
    `${plural(workload.clients, 'connection')}, ${pace}, ${workload.writeParts}:${workload.readParts} ` +
      `writes to reads, ${keys}, ${formatBytes(workload.dataBytes)} values, ${workload.driver}`,
    paint(
      'dim',
      `node ${environment.node}, ${environment.cores} cores, ${plural(workload.workers, 'worker')}, seed ${workload.seed}`,
    ),
  ];
}

const LATENCY_COLUMNS = [
  { title: 'LATENCY', cell: (row: LatencyRow) => row.name },
  ...(
    [
      ['P50', 'p50Us'],
      ['P90', 'p90Us'],
      ['P99', 'p99Us'],
      ['P99.9', 'p999Us'],
      ['MAX', 'maxUs'],
      ['MEAN', 'meanUs'],
    ] as const
  ).map(([title, field]) => ({
    title,
    align: 'right' as const,
    cell: (row: LatencyRow) => (row.summary.count === 0 ? null : durationText(row.summary[field])),
  })),
  {
    title: 'COUNT',
    align: 'right' as const,
    cell: (row: LatencyRow) => formatCount(row.summary.count),
  },
];

function latencyRows(result: BenchResult): LatencyRow[] {
  const rows: LatencyRow[] = [];
  const { latency, byOperation, lateness } = result;
  if (latency.corrected !== null) rows.push({ name: 'corrected', summary: latency.corrected });
  rows.push({ name: 'raw', summary: latency.raw });
  const { write, read } = byOperation;
  if (write.raw.count > 0 && read.raw.count > 0) {
    rows.push({ name: 'writes', summary: write.corrected ?? write.raw });
    rows.push({ name: 'reads', summary: read.corrected ?? read.raw });
  }
  if (lateness !== null) rows.push({ name: 'generator late by', summary: lateness });
  return rows;
}

function factLines(result: BenchResult, paint: Paint): string[] {
  const { requests, errors } = result;
  const facts: (readonly [string, string])[] = [
    [
      'throughput',
      `${paint('bold', `${formatCount(result.throughputPerSecond)}/s`)} over ${formatDurationMs(result.measuredMs)}`,
    ],
  ];
  const seconds = result.series.map((row) => row.answered);
  if (seconds.length > 1) facts.push(['', paint('cyan', sparkline(columnsOf(seconds)))]);
  const planned = requests.planned === null ? '' : `${formatCount(requests.planned)} planned, `;
  facts.push([
    'requests',
    `${planned}${formatCount(requests.sent)} sent, ${formatCount(requests.answered)} answered, ${formatCount(requests.failed)} failed`,
  ]);
  for (const [kind, count] of Object.entries(errors)) {
    facts.push(['', paint('red', `${kind} ${formatCount(count)}`)]);
  }
  facts.push(['generator', generatorText(result)]);
  for (const agent of result.agents ?? []) facts.push(['agent', agentText(agent)]);
  if (result.latency.corrected === null) {
    facts.push([
      'corrected',
      paint(
        'dim',
        'not applicable: a closed loop plans no send times, so a stall hides requests; use --rate',
      ),
    ]);
  }
  return facts.map(([name, value]) => `${paint('dim', name.padEnd(11))} ${value}`);
}

/** What one of several machines did. */
function agentText({
  address,
  host,
  answered,
  lateness,
  busyShare,
  clockErrorMs,
}: AgentRow): string {
  const late = lateness === null ? '' : `, late by ${durationText(lateness.p99Us)} at p99`;
  const begun = `began within ${durationText(clockErrorMs * 1000)} of the others`;
  const busy = `busy ${Math.round(busyShare * 100)} %`;
  return `${address} (${host}) ${formatCount(answered)} answered${late}, ${busy}, ${begun}`;
}

/** What the instrument itself took. */
export function generatorText({
  generatorBusyShare,
  generatorUsPerRequest: us,
}: BenchResult): string {
  const busy = `busy ${Math.round(generatorBusyShare * 100)} %`;
  // Runs that were stored by older versions do not know it.
  return typeof us === 'number' ? `${us} us of processor time a request, ${busy}` : busy;
}

/** What was read back, and of what is not there the first few. */
export function verificationText({
  keys,
  sound,
  missing,
  older,
  foreign,
  damaged,
  unjudged,
  unread,
  durationMs,
}: Verification): string {
  const parts = [
    `${formatCount(sound)} of ${plural(keys, 'key')} as written`,
    ...(
      [
        [missing, 'missing'],
        [older, 'with an older value'],
        [foreign, 'with a value of somebody else'],
        [damaged, 'damaged'],
        [unread, 'not readable'],
        [unjudged, 'never acknowledged'],
      ] as const
    ).flatMap(([count, words]) => (count === 0 ? [] : `${formatCount(count)} ${words}`)),
  ];
  return `${parts.join(', ')}; ${formatDurationMs(durationMs)}`;
}

function verificationLines({ verification }: BenchResult, paint: Paint): string[] {
  // Runs that were stored by older versions do not know it.
  if (!verification) return [];
  const lost = verification.lost.map(({ key, found, expected, stamp }) => {
    const has = stamp === null ? '' : `, it has ${stamp}`;
    return paint('red', `${key} ${found}: write ${expected.join(' or ')} was acknowledged${has}`);
  });
  return [verificationText(verification), ...lost].map((text, i) => {
    return `${paint('dim', (i === 0 ? 'verified' : '').padEnd(11))} ${text}`;
  });
}

function sloLines(slos: readonly SloResult[], paint: Paint): string[] {
  return slos.map(({ slo, isMet, actual, unit }) => {
    const verdict = isMet ? paint('green', 'met') : paint('red', 'MISSED');
    return `${paint('dim', 'slo'.padEnd(11))} ${slo} ${verdict}, ${actualText(actual, unit)}`;
  });
}

function verdictLines(result: BenchResult, paint: Paint): string[] {
  const lines = result.invalidReasons.map((reason) => `${paint('red', 'INVALID')}     ${reason}`);
  if (result.isPartial) lines.push(`${paint('yellow', 'PARTIAL')}     cut short by a signal`);
  for (const note of result.notes) lines.push(`${paint('yellow', 'note')}        ${note}`);
  return lines.length === 0 ? [] : ['', ...lines];
}

export function actualText(actual: number | null, unit: SloResult['unit']): string {
  if (actual === null) return 'nothing was measured';
  if (unit === 'us') return durationText(actual);
  if (unit === 'share') return `${Number((actual * 100).toPrecision(3))} %`;
  return `${formatCount(actual)}/s`;
}

/** Seconds put together until they fit into a line: the mean of each group. */
function columnsOf(values: readonly number[]): number[] {
  const per = Math.ceil(values.length / SERIES_COLUMNS);
  const columns: number[] = [];
  for (let at = 0; at < values.length; at += per) {
    const group = values.slice(at, at + per);
    columns.push(group.reduce((sum, value) => sum + value, 0) / group.length);
  }
  return columns;
}
