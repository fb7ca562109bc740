/** A running `raftctl bench`: plan and progress, rates, latency, objectives. */
import type { LiveBench, LiveLatencies, LiveLatency, LiveSlo } from '../../wire/live-bench.ts';
import { age, count, duration, NOTHING, percent, rate } from '../figures.ts';
import { bar, tallSpark } from '../glyphs.ts';
import { shownKey } from '../keys.ts';
import { bySecond, type Panel, type Scene } from '../scene.ts';
import { type Line, line, type Piece, padStart, piece, type Tone } from '../text.ts';

/** Without a word for so long it is no news any more. */
const SILENT_MS = 3500;
const LABEL_COLUMNS = 10;

interface Shown {
  readonly bench: LiveBench;
  /** Since it ended; null: it runs. */
  readonly endedMs: number | null;
  /** How many run beside it. */
  readonly others: number;
}

/** The one that was started last; when none runs, the last one that is remembered. */
export function benchShown({ now, history }: Scene): Shown | null {
  const running = now.benches ?? [];
  const newest = running.at(-1);
  if (newest !== undefined) return { bench: newest, endedMs: null, others: running.length - 1 };
  const last = history.findLast(({ benches }) => (benches ?? []).length > 0);
  const bench = last?.benches?.at(-1);
  if (bench === undefined) return null;
  return { bench, endedMs: now.atMs - bench.updatedAtMs, others: 0 };
}

function howToStart({ ui, now }: Scene): Line[] {
  const line1 =
    now.cluster === '' ? '' : `raftctl bench --rate 1000 --duration 60s ${ui.scope.join(' ')}`;
  return [
    line('No bench of this cluster runs, as far as is remembered here.'),
    ...(ui.isReadOnly
      ? []
      : [line(piece(shownKey(ui.keys, 'B'), 'strong'), ' starts one from here, or in a shell:')]),
    line('  ', piece(line1.trimEnd(), 'accent')),
    line(piece('One that is given addresses instead of the cluster is not seen here.', 'dim')),
  ];
}

export const BENCH_PANEL: Panel = {
  title: '6 Bench',
  note: (scene) => {
    const shown = benchShown(scene);
    if (shown === null) return 'none';
    const { endedMs, others } = shown;
    if (endedMs !== null) return `ended ${age(endedMs)} ago`;
    return others > 0 ? `and ${others} more` : 'runs';
  },
  draw: (scene, { width }) => {
    const shown = benchShown(scene);
    if (shown === null) return howToStart(scene);
    const { bench } = shown;
    return [
      ...folded('plan', bench.plan, width),
      progressLine(scene, shown, width),
      labelled('rate', [piece(`${rate(bench.answeredPerS)}/s answered`, 'strong'), asked(bench)]),
      labelled('requests', requestPieces(bench)),
      labelled('errors', errorPieces(bench)),
      labelled('lateness', latenessPieces(bench)),
    ];
  },
};

function labelled(label: string, pieces: readonly Piece[]): Line {
  return [piece(label.padEnd(LABEL_COLUMNS), 'dim'), ...pieces];
}

/** Text over as many lines as it needs, at commas where it can be. */
function folded(label: string, text: string, width: number): Line[] {
  const room = Math.max(20, width - LABEL_COLUMNS);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((part, i) => labelled(i === 0 ? label : '', [piece(part)]));
}

function progressLine({ glyphs, now }: Scene, { bench, endedMs }: Shown, width: number): Line {
  const { elapsedMs, durationMs, doneShare, label } = bench;
  const silentMs = endedMs ?? now.atMs - bench.updatedAtMs;
  const share = endedMs !== null && doneShare > 0.97 ? 1 : doneShare;
  const total = durationMs === null ? '' : ` of ${age(durationMs)}`;
  const time = elapsedMs < 0 ? 'warm-up' : `${age(elapsedMs)}${total}`;
  const part = label === '' ? '' : `run ${label}  `;
  const state: Piece =
    endedMs !== null
      ? piece('  ended', 'warn')
      : silentMs > SILENT_MS
        ? piece(`  silent for ${age(silentMs)}`, 'bad')
        : piece('');
  const columns = Math.max(8, Math.min(40, width - 50));
  const drawn = bar(share, columns, glyphs);
  return labelled('progress', [
    piece(part),
    piece(drawn, 'accent'),
    piece(glyphs.none.repeat(Math.max(0, columns - drawn.length)), 'dim'),
    piece(` ${padStart(percent(share), 4)}  ${time}`),
    state,
  ]);
}

function asked({ askedPerS }: LiveBench): Piece {
  return askedPerS === null
    ? piece('  as fast as answers come (closed loop)', 'dim')
    : piece(`  of ${rate(askedPerS)}/s asked`, 'dim');
}

function requestPieces({ sent, answered, failed }: LiveBench): Piece[] {
  const open = Math.max(0, sent - answered - failed);
  return [piece(`${count(sent)} sent  ${count(answered)} answered  ${count(open)} under way`)];
}

function errorPieces({ failed, answered, errors }: LiveBench): Piece[] {
  if (failed === 0) return [piece('none', 'good')];
  const kinds = Object.entries(errors).map(([kind, times]) => `${kind} ${count(times)}`);
  const share = failed / Math.max(1, failed + answered);
  return [piece(`${count(failed)} (${(share * 100).toFixed(2)}%)  ${kinds.join('  ')}`, 'bad')];
}

function latenessPieces({ latenessP99Us }: LiveBench): Piece[] {
  if (latenessP99Us === null) return [piece(NOTHING)];
  return [piece(`the generator sent within ${duration(latenessP99Us)} of the time due (p99)`)];
}

const COLUMNS: readonly (readonly [string, keyof LiveLatency])[] = [
  ['p50', 'p50Us'],
  ['p90', 'p90Us'],
  ['p99', 'p99Us'],
  ['p99.9', 'p999Us'],
  ['max', 'maxUs'],
];

export const BENCH_LATENCY_PANEL: Panel = {
  title: '6 Latency of clients',
  note: ({ ui }) => `${shownKey(ui.keys, 'u')}: ${ui.isCorrected ? 'corrected' : 'raw'} first`,
  draw: (scene) => {
    const shown = benchShown(scene);
    if (shown === null) return [line(piece(NOTHING))];
    const { latency, recent, slos } = shown.bench;
    const header = COLUMNS.map(([title]) => padStart(title, 9)).join('');
    const kinds = scene.ui.isCorrected
      ? (['corrected', 'raw'] as const)
      : (['raw', 'corrected'] as const);
    const rows = kinds.flatMap((kind) => [
      latencyLine(`${kind}`, latency[kind], kind === kinds[0] ? 'strong' : 'plain'),
      latencyLine('  last second', recent[kind], 'dim'),
    ]);
    const closed = latency.corrected === null && latency.raw !== null;
    const why = 'A closed loop plans no send times, so there is nothing to correct.';
    return [
      line(piece(''.padEnd(15) + header, 'dim')),
      ...rows,
      ...(closed ? [line(piece(why, 'dim'))] : []),
      ...slos.map(sloLine),
    ];
  },
};

/** Lines that all of it takes. */
export function benchLatencyRows({ latency, slos }: LiveBench): number {
  return 5 + (latency.corrected === null ? 1 : 0) + slos.length;
}

function latencyLine(name: string, latency: LiveLatency | null, tone: Tone): Line {
  const times = COLUMNS.map(([, key]) => padStart(duration(latency?.[key] ?? null), 9)).join('');
  return line(piece(name.padEnd(15), tone), piece(times, tone));
}

function sloLine({ slo, isMet, actual, unit }: LiveSlo): Line {
  const verdict =
    actual === null ? piece('-', 'dim') : isMet ? piece('met', 'good') : piece('MISSED', 'bad');
  const value =
    actual === null
      ? 'no data yet'
      : unit === 'us'
        ? duration(actual)
        : unit === 'share'
          ? `${(actual * 100).toFixed(3)}%`
          : `${rate(actual)}/s`;
  return line(
    piece('objective '.padEnd(15), 'dim'),
    piece(slo.padEnd(16)),
    verdict,
    piece(`  so far ${value}`, 'dim'),
  );
}

/** Rate and p99 of every second that was looked at. */
export const BENCH_TIME_PANEL: Panel = {
  title: '6 Over time',
  note: () => '1 column = 1 s',
  draw: (scene, { width, height }) => {
    if (benchShown(scene) === null) return [line(piece(NOTHING))];
    const seconds = Math.max(5, Math.min(120, width - LABEL_COLUMNS - 22));
    const perSecond = bySecond(scene.history, scene.now.atMs, seconds).map(
      (samples) => samples.at(-1)?.benches?.at(-1) ?? null,
    );
    const { isCorrected } = scene.ui;
    const latencies = perSecond.map((bench) =>
      bench === null ? null : p99Of(bench.recent, isCorrected),
    );
    const rates = perSecond.map((bench) => bench?.answeredPerS ?? null);
    const rows = Math.max(1, Math.floor(height / 2));
    return [
      ...chart(scene, { name: 'rate/s', values: rates, rows, text: rate }),
      ...chart(scene, { name: 'p99', values: latencies, rows, text: duration }),
    ];
  },
};

function p99Of({ corrected, raw }: LiveLatencies, isCorrected: boolean): number | null {
  return ((isCorrected ? corrected : null) ?? raw)?.p99Us ?? null;
}

interface Chart {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly rows: number;
  readonly text: (value: number | null) => string;
}

function chart({ glyphs }: Scene, { name, values, rows, text }: Chart): Line[] {
  const lines = tallSpark(values, rows, glyphs);
  const peak = Math.max(0, ...values.map((value) => value ?? 0));
  return lines.map((cells, row) => {
    const isLast = row === lines.length - 1;
    return line(
      piece((isLast ? name : '').padEnd(LABEL_COLUMNS), 'dim'),
      piece(cells, 'accent'),
      isLast ? ` now ${text(values.at(-1) ?? null)} peak ${text(peak === 0 ? null : peak)}` : '',
    );
  });
}
