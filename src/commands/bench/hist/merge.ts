import { Args, Flags } from '@oclif/core';
import {
  type Interval,
  intervalLine,
  intervalLogHead,
  mergeIntervals,
  readIntervalLog,
} from '../../../bench/interval-log.ts';
import { durationText } from '../../../bench/latency-text.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { readText, writeWhole } from '../../../cli/text-files.ts';
import { RaftctlError } from '../../../std/errors.ts';
import { type Column, tableLines } from '../../../std/table.ts';
import { formatCount, formatDurationMs } from '../../../std/units.ts';

const NS_PER_US = 1e3;

export default class BenchHistMerge extends BaseCommand {
  static override summary = 'Add up logs of histograms (.hlog), bucket for bucket.';
  static override description =
    'Intervals of the same tag become one. Nothing is lost: percentiles are those of all requests ' +
    'together, as if one generator had recorded them. A stored run has its log in its folder.';
  static override examples = [
    '<%= config.bin %> bench hist merge a.hlog b.hlog',
    '<%= config.bin %> bench hist merge host*.hlog --output all.hlog --hgrm all',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ description: 'Logs of histograms.', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: 'Write the sum to this file (.hlog).',
      helpValue: 'FILE',
      env: 'RAFTCTL_OUTPUT',
    }),
    hgrm: Flags.string({
      summary: 'Write PREFIX.TAG.hgrm, the percentiles of each tag.',
      helpValue: 'PREFIX',
      env: 'RAFTCTL_HGRM',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(BenchHistMerge);
    const files = argv as string[];
    const logs = [];
    for (const file of files) logs.push(readIntervalLog(await readText(file), file));
    const { startedAtMs, intervals } = mergeIntervals(logs);
    if (intervals.length === 0) {
      throw new RaftctlError('HISTOGRAM_INVALID', {
        message: `There is no histogram in ${files.join(', ')}`,
      });
    }
    const output = flags.output ?? null;
    if (output !== null) {
      const text = intervalLogHead(startedAtMs) + intervals.map(intervalLine).join('');
      await writeWhole(output, text);
    }
    const written = output === null ? [] : [output];
    for (const { tag, histogram } of flags.hgrm === undefined ? [] : intervals) {
      const path = `${flags.hgrm}.${tag === '' ? 'all' : tag}.hgrm`;
      await writeWhole(path, histogram.percentileTable());
      written.push(path);
    }
    for (const line of tableLines(COLUMNS, intervals, this.paintOut)) this.print(line);
    for (const path of written) this.note(`Written: ${path}`);
    const merged = intervals.map(({ tag, startMs, lengthMs, histogram }) => {
      return { tag, startMs, lengthMs, latency: histogram.summary() };
    });
    return this.answer('bench.hist.merge', { files, intervals: merged, written });
  }
}

const COLUMNS: readonly Column<Interval>[] = [
  { title: 'TAG', cell: ({ tag }) => tag },
  { title: 'SPAN', align: 'right', cell: ({ lengthMs }) => formatDurationMs(lengthMs) },
  { title: 'COUNT', align: 'right', cell: ({ histogram }) => formatCount(histogram.count) },
  ...[50, 90, 99, 99.9, 100].map((percent) => ({
    title: percent === 100 ? 'MAX' : `P${percent}`,
    align: 'right' as const,
    cell: ({ histogram }: Interval) => durationText(histogram.percentileNs(percent) / NS_PER_US),
  })),
];
