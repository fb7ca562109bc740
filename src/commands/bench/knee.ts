import { Flags } from '@oclif/core';
import { type Knee, type KneePoint, KneeSearch, kneePointOf } from '../../bench/knee.ts';
import { kneeLines, kneeSentence } from '../../bench/knee-picture.ts';
import { KNEE_FILE, RunStore, type StoredRun } from '../../bench/run-store.ts';
import { resolveWorkload } from '../../bench/workload.ts';
import type { WorkloadInput } from '../../bench/workload-fields.ts';
import { trustFlags } from '../../cli/flags.ts';
import { type LoadPlan, planLoad } from '../../measurements/load-plan.ts';
import {
  checkWords,
  MeasureCommand,
  type Measurement,
  runsDirFlag,
  shareFlag,
  tagFlag,
} from '../../measurements/measure-command.ts';
import { lossOf } from '../../measurements/run-trouble.ts';
import { value, withVariables, workloadFlags } from '../../measurements/workload-flags.ts';
import { RaftctlError } from '../../std/errors.ts';
import { formatCount, formatDurationMs } from '../../std/units.ts';

const {
  duration: _d,
  requests: _n,
  stage: _s,
  'closed-loop': _c,
  rate: _r,
  ...loadFlags
} = workloadFlags;
/** What the steps decide themselves. */
const DECIDED_HERE = ['duration', 'requests', 'stage', 'closed-loop'];
/** Of the closed loop that looks for the ceiling: an open loop has more than one under way. */
const PROBE_PIPELINE = 16;
const COLUMNS_DEFAULT = 80;

/** A load with more said of it. */
type Planner = (more: WorkloadInput) => Promise<LoadPlan>;

interface Search {
  readonly knee: Knee;
  /** The step that the picture is kept with. */
  readonly stored: StoredRun | null;
  readonly interruptedWith: number | null;
}

export default class BenchKnee extends MeasureCommand {
  static override summary = 'Find the highest rate that holds an objective, with the whole curve.';
  static override description =
    'A closed loop shows the ceiling; then open loops of a few seconds each climb from a tenth of ' +
    'it until the objective is missed, halve what lies between, and measure the highest rate that ' +
    'holds once more. A rate that misses is measured again: two of three decide. A rate holds when ' +
    'all objectives are met and 95 % of what was asked was answered. Exit code 6: not even the ' +
    'lowest step holds. 10: the generator, not the target, was at its end.';
  static override examples = [
    "<%= config.bin %> bench knee --slo 'p99<10ms'",
    "<%= config.bin %> bench knee --cluster demo --slo 'p99<5ms' --slo 'err<0.1%' --ratio 1:0",
    "<%= config.bin %> bench knee --target resp://127.0.0.1:6379 --slo 'p99<2ms' --steps 24 --json",
  ];
  static override flags = {
    ...loadFlags,
    ...withVariables({
      rate: value('The ceiling to begin with. [default: what a closed loop reaches]', 'N', 'R'),
    }),
    ...trustFlags,
    steps: Flags.integer({
      summary: 'Steps at most, repeats among them.',
      default: 16,
      min: 2,
      max: 1000,
      env: 'RAFTCTL_STEPS',
    }),
    'step-duration': Flags.string({
      summary: 'How long a step measures, behind its warm-up.',
      helpValue: 'DURATION',
      default: '5s',
      env: 'RAFTCTL_STEP_DURATION',
    }),
    precision: shareFlag({
      summary: 'How near the rates that hold and miss have to come.',
      default: 0.05,
      defaultHelp: async () => '5%',
      env: 'RAFTCTL_PRECISION',
    }),
    ascii: Flags.boolean({ summary: 'Draw with letters only.', env: 'RAFTCTL_ASCII' }),
    store: Flags.boolean({
      summary: 'Keep every step as a run: raftctl bench list.',
      default: true,
      allowNo: true,
      env: 'RAFTCTL_STORE',
    }),
    tag: tagFlag,
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const parsed = await this.parse(BenchKnee);
    const { flags } = parsed;
    const tags = flags.tag ?? [];
    checkWords(tags);
    const said = await this.inputOf(parsed);
    checkInput(said);
    const { rate: given, ...shared } = said;
    const input = { ...shared, duration: flags['step-duration'] };
    const { cluster = null, dir } = flags;
    const planOf: Planner = (more) => {
      return planLoad({ input: { ...input, ...more }, cluster, dir, trust: flags });
    };
    const pipeline = said['pipeline'] ?? PROBE_PIPELINE;
    const probe = await planOf({ pipeline, arrival: undefined, burst: undefined });
    this.#announce(probe, flags.steps);
    const ceiling = await this.#ceiling(probe, given);
    const rules = {
      slos: probe.workload.slos.map(({ text }) => text),
      ceilingPerSecond: ceiling.perSecond,
      stepsMax: flags.steps,
      precision: flags.precision,
    };
    const search = new KneeSearch(rules);
    const directory = flags.store ? flags['runs-dir'] : null;
    const { knee, stored, interruptedWith } =
      ceiling.interruptedWith === null
        ? await this.#search(search, planOf, { directory, tags })
        : { knee: search.finish(true), stored: null, interruptedWith: ceiling.interruptedWith };
    const columns = Math.min(160, process.stdout.columns ?? COLUMNS_DEFAULT);
    const paint = this.paintOut;
    for (const line of kneeLines(knee, { columns, isAscii: flags.ascii, paint })) this.print(line);
    if (stored !== null) this.print(`raftctl bench report ${stored.id}`);
    const trouble = interruptedWith === null ? this.showTrouble(troubleOf(knee)) : interruptedWith;
    return this.answer('bench.knee', { ...knee, run: stored?.id ?? null }, trouble);
  }

  #announce({ workload }: LoadPlan, steps: number): void {
    const stepMs = workload.warmupMs + (workload.durationMs ?? 0) + workload.cooldownMs;
    this.note(`At most ${steps} steps of ${formatDurationMs(stepMs)} each`);
  }

  async #ceiling(
    plan: LoadPlan,
    given: WorkloadInput[string],
  ): Promise<{ readonly perSecond: number; readonly interruptedWith: number | null }> {
    if (given !== undefined && given !== 'max') {
      const { ratePerSecond } = resolveWorkload({ rate: given });
      return { perSecond: ratePerSecond ?? 0, interruptedWith: null };
    }
    const { run, exit, isInterrupted } = await this.measure(plan, { label: 'ceiling' });
    const { throughputPerSecond: perSecond } = run.result;
    if (isInterrupted) return { perSecond, interruptedWith: exit };
    if (perSecond > 0) {
      this.note(`A closed loop reaches ${formatCount(perSecond)}/s`);
      return { perSecond, interruptedWith: null };
    }
    throw new RaftctlError('MEASUREMENT_INVALID', {
      message: `Cannot look for a knee: ${run.result.invalidReasons.join('; ')}`,
      hint: 'See what the target answers: raftctl bench -d 2s with the same flags',
    });
  }

  /** Every step is kept at once; what they say together, with the last that holds. */
  async #search(
    search: KneeSearch,
    planOf: Planner,
    { directory, tags }: { readonly directory: string | null; readonly tags: readonly string[] },
  ): Promise<Search> {
    const kept = new Map<KneePoint, StoredRun>();
    let group: string | null = null;
    let interruptedWith: number | null = null;
    for (let rate = search.next(); rate !== null; rate = search.next()) {
      // Planned anew: the leader may be another one by now.
      const step = await planOf({ rate });
      const label = `step ${search.stepsDone + 1}, ${formatCount(rate)}/s`;
      const { run, exit, isInterrupted }: Measurement = await this.measure(step, { label });
      if (isInterrupted) {
        interruptedWith = exit;
        break;
      }
      const stored: StoredRun | null =
        directory === null
          ? null
          : await this.keep(step, run, { directory, name: null, tags, group });
      group ??= stored?.id ?? null;
      const loss = lossOf(run.result);
      if (loss !== null) throw loss;
      const point = kneePointOf(run.result, rate, stored?.id ?? null);
      if (stored !== null) kept.set(point, stored);
      search.add(point);
      this.note(`${formatCount(rate)}/s ${point.outcome}`);
    }
    const knee = search.finish(interruptedWith !== null);
    const best = knee.points.findLast((point) => point.askedPerSecond === knee.kneePerSecond);
    const chosen = best ?? knee.points[0];
    const stored = chosen === undefined ? null : (kept.get(chosen) ?? null);
    if (directory === null || stored === null) return { knee, stored, interruptedWith };
    const store = new RunStore(directory);
    await store.attach(stored, KNEE_FILE, `${JSON.stringify(knee, null, 2)}\n`);
    const tagged = await store.retag(stored, [...new Set([...stored.tags, 'knee'])]);
    return { knee, stored: tagged, interruptedWith };
  }
}

/** @throws {RaftctlError} USAGE */
function checkInput(input: WorkloadInput): void {
  const decided = DECIDED_HERE.find((key) => input[key] !== undefined);
  if (decided !== undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot look for a knee with ${decided}: it measures steps`,
      hint: 'How long each is: --step-duration; how many at most: --steps',
    });
  }
  if (input['slo'] !== undefined) return;
  throw new RaftctlError('USAGE', {
    message: 'Cannot look for a knee without an objective',
    hint: "For example --slo 'p99<10ms'; with several, all must hold",
  });
}

function troubleOf(knee: Knee): RaftctlError | null {
  if (knee.limit === 'generator') {
    return new RaftctlError('MEASUREMENT_INVALID', {
      message: kneeSentence(knee),
      hint: 'Leave more of the machine to the generator, or run it elsewhere',
    });
  }
  if (knee.kneePerSecond !== null) return null;
  return new RaftctlError('SLO_MISSED', {
    message: kneeSentence(knee),
    hint: 'See why: raftctl bench report. Begin lower: --rate N, of which the first step is a tenth',
  });
}
