/** What the commands on stored runs of the bench print. */
import { z } from 'zod';
import type { Compared } from '../bench/comparison.ts';
import type { Knee } from '../bench/knee.ts';
import { COMPARED_METRICS, type RunComparison } from '../bench/run-comparison.ts';
import type { RepeatRow, RunRow } from '../bench/run-list.ts';
import type { MatrixRow } from '../measurements/matrix-rows.ts';
import { benchResult, latency, positive } from './bench-shapes.ts';
import { count, exactly, moment, share, texts } from './shapes.ts';

const FIGURES = {
  throughputPerSecond: positive,
  p50Us: positive,
  p99Us: positive,
  p999Us: positive,
  failed: count,
  isValid: z.boolean(),
  isPartial: z.boolean(),
};

const repeatRow = exactly<RepeatRow>()(
  z.object({ run: z.string().nullable().describe('null: not kept'), ...FIGURES }),
);

const runRow = exactly<RunRow>()(
  z.object({
    id: z.string(),
    name: z.string().nullable(),
    tags: texts,
    group: z.string().describe('The first run of those repeated together'),
    startedAt: moment,
    target: z.string(),
    loop: z.enum(['closed', 'open']),
    ...FIGURES,
    command: texts.describe('What was typed behind raftctl'),
  }),
);

const difference = z.enum(['none', 'better', 'worse', 'undecided']);
const part = z.number().nullable();

const compared = exactly<Compared>()(
  z.object({
    metric: z.string(),
    isDeciding: z.boolean(),
    before: positive.describe('Geometric mean of the repeats'),
    after: positive,
    change: part.describe('Part of the value before; null: that was zero'),
    low: part.describe('Interval of the change'),
    high: part,
    p: share.nullable().describe('How often chance parts the sides as far; null: too few repeats'),
    difference,
  }),
);

const comparison = exactly<RunComparison>()(
  z.object({
    before: z.string(),
    after: z.string(),
    repeats: z.object({ before: count, after: count }),
    alpha: share,
    minEffect: share,
    verdict: difference,
    metrics: z.array(compared).describe(`Always ${COMPARED_METRICS.join(', ')}`),
  }),
);

const matrixRow = exactly<MatrixRow>()(
  z.object({
    target: z.string(),
    varied: z.record(z.string(), z.string()).describe('By flag'),
    server: z.string().nullable(),
    runs: texts,
    invalid: count,
    throughputPerSecond: positive.nullable().describe('Median of the runs; null: none yet'),
    p50Us: positive.nullable(),
    p99Us: positive.nullable(),
    p999Us: positive.nullable(),
    latenessP99Us: positive.nullable().describe("The generator's own; null: closed loop"),
    generatorBusyShare: share.nullable(),
    generatorUsPerRequest: positive.nullable().describe('Processor time'),
  }),
);

const knee = exactly<Knee>()(
  z.object({
    slos: texts,
    ceilingPerSecond: positive.describe('What the search began with'),
    kneePerSecond: positive.nullable().describe('The highest rate that holds; null: none does'),
    missesPerSecond: positive.nullable().describe('The lowest that does not; null: none found'),
    limit: z
      .enum(['objective', 'generator', 'steps', 'signal'])
      .describe('What ended the search; only with objective the two rates are a knee'),
    points: z.array(
      z.object({
        askedPerSecond: positive,
        achievedPerSecond: positive,
        p50Us: positive,
        p99Us: positive,
        p999Us: positive,
        failed: count,
        outcome: z
          .enum(['holds', 'misses', 'doubtful'])
          .describe('doubtful: missed while the generator itself was late'),
        isValid: z.boolean(),
        latenessP99Us: positive.nullable(),
        run: z.string().nullable().describe('null: not kept'),
      }),
    ),
  }),
);

const change = z.number().nullable().describe('Part of the value before');

export const BENCH: Readonly<Record<string, z.ZodType>> = {
  bench: benchResult.extend({
    run: z.string().nullable().describe('Id of the stored run; null: not kept'),
    repeats: z.array(repeatRow).describe('Of --repeat; the rest is that of the run in the middle'),
  }),
  'bench agent': z.object({ address: z.string(), runs: count.describe('That it made load for') }),
  'bench compare': comparison.extend({ runs: z.array(texts).describe('Ids of A and of B') }),
  'bench knee': knee.extend({
    run: z.string().nullable().describe('The stored run that the curve lies beside'),
  }),
  'bench list': z.object({
    directory: z.string(),
    runs: z.array(runRow),
    unreadable: z
      .array(z.object({ id: z.string(), why: z.string() }))
      .describe('Folders of runs whose record cannot be read'),
  }),
  'bench matrix': z.object({
    file: z.string(),
    rows: z.array(matrixRow),
    html: z.string().nullable().describe('The page that was written'),
  }),
  'bench report': z.object({ runs: texts, html: z.string().nullable() }),
  'bench show': z.object({
    id: z.string(),
    name: z.string().nullable(),
    tags: texts,
    group: z.string(),
    command: texts,
    folder: z.string(),
    files: texts,
    result: benchResult,
  }),
  'bench tag': z.object({ id: z.string(), tags: texts }),
  'bench export': z.object({
    id: z.string(),
    file: z.string().describe('The first of them'),
    files: texts,
    bytes: count.describe('Of all'),
  }),
  'bench rerun': z.object({
    before: z.string().describe('Id of the run that was measured again'),
    run: z.string(),
    changes: z.array(z.object({ metric: z.string(), change })),
    result: benchResult,
  }),
  'bench hist merge': z.object({
    files: texts,
    intervals: z.array(
      z.object({
        tag: z.string().describe('Empty: the files do not say'),
        startMs: z.number(),
        lengthMs: count,
        latency,
      }),
    ),
    written: texts,
  }),
};
