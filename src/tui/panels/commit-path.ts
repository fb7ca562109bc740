/** Where the time of a write goes, and who decided the slow ones. */

import {
  countWithin,
  EMPTY_INTERVAL,
  type Interval,
  maxUs,
  percentileUs,
} from '../../std/interval.ts';
import { duration, NOTHING, percent, rate } from '../figures.ts';
import { bar, spark } from '../glyphs.ts';
import {
  bySecond,
  commandsPerS,
  type Panel,
  perSample,
  phasesOf,
  recent,
  type Scene,
} from '../scene.ts';
import { type Line, line, padStart, piece, type Tone } from '../text.ts';
import { heatLines } from './heat.ts';

/** In the order of a write's way; acks of followers come after `sync`. */
const PHASE_WORDS: Readonly<Record<string, string>> = {
  queue: 'propose queue',
  append: 'append + send',
  sync: 'leader fsync',
  quorum: 'quorum wait',
  apply: 'apply',
  reply: 'reply',
  total: 'total',
};

export interface PhaseRow {
  readonly phase: string;
  readonly words: string;
  readonly interval: Interval;
  /** Of followers: the share of commits that waited for this one last; null: does not apply. */
  readonly decides: number | null;
  /** The same among the slowest hundredth. */
  readonly decidesSlow: number | null;
}

export const phaseRows = perSample((scene: Scene): readonly PhaseRow[] => {
  const phases = phasesOf(recent(scene));
  const quorum = phases.get('quorum') ?? EMPTY_INTERVAL;
  const slowUs = percentileUs(quorum, 99) ?? 0;
  const slowCount = countWithin(quorum, slowUs, Number.POSITIVE_INFINITY);
  const rowOf = (phase: string, words: string, decider: string | null): PhaseRow => {
    const decided = decider === null ? undefined : phases.get(`decided.${decider}`);
    const slow = countWithin(decided ?? EMPTY_INTERVAL, slowUs, Number.POSITIVE_INFINITY);
    return {
      ...{ phase, words },
      interval: phases.get(phase) ?? EMPTY_INTERVAL,
      decides: decider === null || quorum.count === 0 ? null : (decided?.count ?? 0) / quorum.count,
      decidesSlow: decider === null || slowCount === 0 ? null : slow / slowCount,
    };
  };
  const leader = scene.now.nodes.find((node) => node.status?.role === 'leader')?.id ?? '';
  const acks = [...phases.keys()].filter((phase) => phase.startsWith('ack.')).sort();
  return [
    rowOf('queue', PHASE_WORDS['queue'] ?? '', null),
    rowOf('append', PHASE_WORDS['append'] ?? '', null),
    rowOf('sync', PHASE_WORDS['sync'] ?? '', leader),
    ...acks.map((phase) => rowOf(phase, `${phase.slice(4)} ack`, phase.slice(4))),
    rowOf('quorum', PHASE_WORDS['quorum'] ?? '', null),
    rowOf('apply', PHASE_WORDS['apply'] ?? '', null),
    rowOf('reply', PHASE_WORDS['reply'] ?? '', null),
    rowOf('total', PHASE_WORDS['total'] ?? '', null),
  ];
});

/** One sentence: which member decided most of the slowest commits. '': nothing was committed. */
export function verdict(rows: readonly PhaseRow[]): string {
  const slowest = rows
    .filter((row) => row.decidesSlow !== null)
    .sort((a, b) => (b.decidesSlow ?? 0) - (a.decidesSlow ?? 0))[0];
  if (slowest === undefined || slowest.decidesSlow === 0) return '';
  const who = slowest.phase === 'sync' ? "the leader's fsync" : slowest.words;
  return `${who} decided ${percent(slowest.decides)} of commits and ${percent(slowest.decidesSlow)} of the p99`;
}

/** p50, p99 and a bar for each phase. */
export const WATERFALL_PANEL: Panel = {
  title: '3 Commit path',
  note: () => 'p50 / p99 by phase, 10 s, as the leader sees it',
  draw: (scene, { width }) => {
    const rows = phaseRows(scene);
    const top = Math.max(1, ...rows.map((row) => percentileUs(row.interval, 99) ?? 0));
    const barWidth = Math.max(4, width - 60);
    const lines = rows.map((row) => {
      const p50 = percentileUs(row.interval, 50);
      const p99 = percentileUs(row.interval, 99);
      const tone: Tone = row.phase === 'total' ? 'strong' : 'plain';
      const drawn = bar((p99 ?? 0) / top, barWidth, scene.glyphs);
      const times = `${padStart(duration(p50), 7)} / ${padStart(duration(p99), 7)}  `;
      const decides = row.decides === null ? '' : `decides ${percent(row.decides)}`;
      return line(
        piece(row.words.padEnd(15), tone),
        times,
        piece(
          drawn.padEnd(barWidth + 1),
          row.decidesSlow !== null && row.decidesSlow > 0.5 ? 'warn' : 'accent',
        ),
        piece(decides, 'dim'),
      );
    });
    const sentence = verdict(rows);
    return sentence === '' ? lines : [...lines, line(piece(sentence, 'warn'))];
  },
};

/** The same in few lines, with the rate and a small heat map: for 80 columns. */
export const COMPACT_PATH_PANEL: Panel = {
  title: '3 Commit path',
  note: (scene) => `ops/s ${rate(commandsPerS(scene.now))}`,
  draw: (scene, { width, height }) => {
    const rows = phaseRows(scene);
    const total = rows.find((row) => row.phase === 'total')?.interval ?? EMPTY_INTERVAL;
    const lines: Line[] = [
      rateLine(scene, width),
      latencyLine(total),
      whereLine(scene, rows, width),
    ];
    const heatHeight = Math.max(0, height - lines.length);
    return [...lines, ...heatLines(scene, { width, height: heatHeight }, 'heat')];
  },
};

export function rateLine(scene: Scene, width: number): Line {
  const seconds = Math.max(10, Math.min(60, width - 36));
  const columns = bySecond(scene.history, scene.now.atMs, seconds);
  const values = columns.map((samples) => {
    if (samples.length === 0) return null;
    return samples.reduce((sum, sample) => sum + commandsPerS(sample), 0) / samples.length;
  });
  const peak = Math.max(0, ...values.map((value) => value ?? 0));
  return line(
    piece('rate  ', 'dim'),
    piece(spark(values, scene.glyphs), 'accent'),
    `  now ${rate(values.at(-1) ?? null)}/s  peak ${rate(peak)}`,
  );
}

function latencyLine(total: Interval): Line {
  const at = (name: string, percentile: number): string =>
    `${name} ${duration(percentileUs(total, percentile))}`;
  const words = [at('p50', 50), at('p95', 95), at('p99', 99), at('p99.9', 99.9)];
  return line(piece('lat   ', 'dim'), [...words, `max ${duration(maxUs(total))}`].join('   '));
}

function whereLine(scene: Scene, rows: readonly PhaseRow[], width: number): Line {
  const shown = rows.filter((row) => !['quorum', 'total'].includes(row.phase));
  const top = Math.max(1, ...shown.map((row) => percentileUs(row.interval, 99) ?? 0));
  const pieces = [piece('where ', 'dim')];
  let room = width - 6;
  for (const row of shown) {
    const p99 = percentileUs(row.interval, 99);
    if (p99 === null) continue;
    const short =
      row.phase === 'sync' ? 'fsync' : row.words.replace('propose ', '').replace(' + send', '');
    const drawn = bar(p99 / top, 4, scene.glyphs);
    const text = `${short} ${duration(p99)} ${drawn}`;
    if (text.length + 3 > room) break;
    pieces.push(piece(pieces.length === 1 ? text : ` | ${text}`));
    room -= text.length + 3;
  }
  if (pieces.length === 1) pieces.push(piece(NOTHING));
  else if (room > 6) pieces.push(piece(' (p99)', 'dim'));
  return pieces;
}

/** A line a phase with all percentiles. */
export const PERCENTILES_PANEL: Panel = {
  title: '3 Percentiles',
  note: () => 'last 10 s',
  draw: (scene) => {
    const heads = ['phase', 'count', 'p50', 'p90', 'p99', 'p99.9', 'max'];
    const header = heads.map((head, i) => (i === 0 ? head.padEnd(15) : padStart(head, 9))).join('');
    const lines = phaseRows(scene).map(({ words, interval }) => {
      const times = [50, 90, 99, 99.9].map((p) => padStart(duration(percentileUs(interval, p)), 9));
      const count = padStart(rate(interval.count), 9);
      return line(
        `${words.padEnd(15)}${count}${times.join('')}${padStart(duration(maxUs(interval)), 9)}`,
      );
    });
    return [line(piece(header, 'dim')), ...lines];
  },
};
