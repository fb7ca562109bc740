/**
 * `.hlog`: histograms of short intervals, one a line, as HdrHistogram's tools write and read them.
 *
 * ```
 *  #[StartTime: 1772366600.000 (seconds since epoch), ...]
 *  "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
 *  Tag=raw.write,0.000,1.000,12.345,HISTFAAAA...
 * ```
 * Starts and lengths are seconds from the start time, the maximum is milliseconds, what is counted
 * are nanoseconds. Every bucket is there: intervals can be added up again without loss.
 */
import { RaftctlError } from '../std/errors.ts';
import { LatencyHistogram } from './latency-histogram.ts';

export interface Interval {
  /** What was measured: `raw.write`, `corrected.read`, ...; empty: the file does not say. */
  readonly tag: string;
  /** From the start time of the log. */
  readonly startMs: number;
  readonly lengthMs: number;
  readonly histogram: LatencyHistogram;
}

export interface IntervalLog {
  /** Of the clock on the wall; 0: the file does not say. */
  readonly startedAtMs: number;
  readonly intervals: readonly Interval[];
}

const LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"';
const NS_PER_MS = 1e6;

/** The lines before the first interval. */
export function intervalLogHead(startedAtMs: number): string {
  const seconds = (startedAtMs / 1000).toFixed(3);
  const date = new Date(startedAtMs).toISOString();
  return [
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${seconds} (seconds since epoch), ${date}]`,
    '#[BaseTime: 0.000 (seconds from the start time)]',
    `${LEGEND}\n`,
  ].join('\n');
}

export function intervalLine({ tag, startMs, lengthMs, histogram }: Interval): string {
  const numbers = [startMs / 1000, lengthMs / 1000, histogram.maxNs / NS_PER_MS];
  const fields = [...numbers.map((value) => value.toFixed(3)), histogram.encode()];
  return `${tag === '' ? '' : `Tag=${tag},`}${fields.join(',')}\n`;
}

/**
 * @param path for the message.
 * @throws {RaftctlError} HISTOGRAM_INVALID naming the line.
 */
export function readIntervalLog(text: string, path: string): IntervalLog {
  let startedAtMs = 0;
  const intervals: Interval[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const start = /^#\[StartTime: (\d+(?:\.\d+)?)/.exec(line)?.[1];
    if (start !== undefined) startedAtMs = Math.round(Number(start) * 1000);
    if (line.trim() === '' || line.startsWith('#') || line.startsWith('"')) continue;
    const interval = readLine(line);
    if (interval === null) {
      throw new RaftctlError('HISTOGRAM_INVALID', {
        message: `Cannot read ${path} as a log of histograms: line ${at + 1} is none`,
        hint: 'A stored run has one: raftctl bench show',
      });
    }
    intervals.push(interval);
  }
  return { startedAtMs, intervals };
}

const LINE =
  /^(?:Tag=([^,]*),)?(\d{1,12}(?:\.\d+)?),(\d{1,12}(?:\.\d+)?),\d+(?:\.\d+)?,([A-Za-z0-9+/=]+)$/;

function readLine(line: string): Interval | null {
  const match = LINE.exec(line.trim());
  if (match === null) return null;
  const [, tag = '', start = '', length = '', encoded = ''] = match;
  const histogram = LatencyHistogram.decode(encoded);
  if (histogram === null) return null;
  const ms = (seconds: string): number => Math.round(Number(seconds) * 1000);
  return { tag, startMs: ms(start), lengthMs: ms(length), histogram };
}

/** All intervals of each tag added up, bucket for bucket; the span covers all of them. */
export function mergeIntervals(logs: readonly IntervalLog[]): IntervalLog {
  const starts = logs.map((log) => log.startedAtMs).filter((ms) => ms > 0);
  const startedAtMs = starts.length === 0 ? 0 : Math.min(...starts);
  const merged = new Map<string, { startMs: number; endMs: number; histogram: LatencyHistogram }>();
  for (const log of logs) {
    const shiftMs = log.startedAtMs === 0 ? 0 : log.startedAtMs - startedAtMs;
    for (const { tag, startMs, lengthMs, histogram } of log.intervals) {
      const from = startMs + shiftMs;
      const whole = merged.get(tag) ?? {
        ...{ startMs: from, endMs: from, histogram: new LatencyHistogram() },
      };
      whole.startMs = Math.min(whole.startMs, from);
      whole.endMs = Math.max(whole.endMs, from + lengthMs);
      whole.histogram.merge(histogram);
      merged.set(tag, whole);
    }
  }
  const intervals = [...merged].map(([tag, { startMs, endMs, histogram }]) => {
    return { tag, startMs, lengthMs: endMs - startMs, histogram };
  });
  return { startedAtMs, intervals };
}
