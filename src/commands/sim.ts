import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { LiveLine } from '../cli/live-line.ts';
import { runFlags } from '../cli/sim-flags.ts';
import { missingRows } from '../simulator/coverage.ts';
import { type HuntResult, hunt } from '../simulator/hunt.ts';
import { withBuild } from '../simulator/mutant-build.ts';
import { readPlan, worldOf } from '../simulator/plan-file.ts';
import { optionsOf, type RunOptions } from '../simulator/run.ts';
import { parseSeeds, replayCommand } from '../simulator/seed-range.ts';
import { SimPool } from '../simulator/sim-pool.ts';
import {
  coverageLines,
  missingText,
  progressText,
  resultLines,
  summaryText,
} from '../simulator/sim-view.ts';
import { EXIT } from '../std/errors.ts';

/** So much of what happened before a violation is printed. */
const EVENT_LINES = 40;

export default class Sim extends BaseCommand {
  static override summary = 'Run whole clusters in a simulator, from seeds; replay any failure.';
  static override description =
    'Replicas, logs and snapshots as they are in production, on a simulated network, disk and ' +
    'clock. A seed decides everything, so the same seed gives the same run (and trace hash) ' +
    'anywhere. Every step is checked; a broken promise ends with exit code 9 and the command that ' +
    'replays it. See docs/testing.md.';
  static override examples = [
    '<%= config.bin %> sim --seed 4711',
    '<%= config.bin %> sim --seeds 1..2000 --sim-seconds 60 --workers 2',
    '<%= config.bin %> sim --seeds 100 --mutate M13',
    '<%= config.bin %> sim --plan failing.json',
  ];
  static override flags = {
    seed: Flags.string({
      summary: 'Replay one seed.',
      helpValue: 'S',
      exclusive: ['seeds', 'plan'],
      env: 'RAFTCTL_SIM_SEED',
    }),
    seeds: Flags.string({
      summary: 'Run many: so many from 1 on, or a range.  [default: 100]',
      helpValue: 'N|A..B',
      exclusive: ['plan'],
      env: 'RAFTCTL_SIM_SEEDS',
    }),
    plan: Flags.string({
      summary: 'Replay a plan that `sim shrink` wrote.',
      helpValue: 'FILE',
      env: 'RAFTCTL_SIM_PLAN',
    }),
    ...runFlags,
    'go-on': Flags.boolean({
      summary: 'Run all seeds, past violations.',
      env: 'RAFTCTL_SIM_GO_ON',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Sim);
    const options = optionsOf(flags);
    if (flags.plan !== undefined) return await this.#replayPlan(flags.plan, flags.mutate ?? null);
    const mutant = flags.mutate ?? null;
    const range = parseSeeds(flags.seed ?? flags.seeds ?? '100', flags.seed !== undefined);
    const line = new LiveLine({ isQuiet: this.isQuiet, stream: process.stderr });
    const interrupts = new Interrupts(() => line.say('Stopping'));
    try {
      const result = await withBuild(mutant, async (build) => {
        const pool = new SimPool({ build, width: flags.workers });
        try {
          return await hunt(pool, {
            ...{ ...range, options, goOn: flags['go-on'], signal: interrupts.signal },
            nowMs: () => performance.now(),
            onProgress: (progress) => {
              if (process.stderr.isTTY) {
                const text = (): string => progressText(progress);
                line.show(text, text);
              }
            },
          });
        } finally {
          await pool.close();
        }
      });
      line.end();
      return this.#answer(result, { options, mutant, isOne: flags.seed !== undefined });
    } finally {
      line.end();
      interrupts.release();
    }
  }

  async #replayPlan(path: string, mutate: string | null): Promise<unknown> {
    const plan = await readPlan(path);
    const mutant = mutate ?? plan.mutant;
    const result = await withBuild(mutant, async (build) => {
      const pool = new SimPool({ build, width: 1 });
      try {
        return (await pool.run({ type: 'world', init: worldOf(plan) })).result;
      } finally {
        await pool.close();
      }
    });
    for (const text of resultLines(result, EVENT_LINES, this.paintOut)) this.print(text);
    const { counts, simulatedMs, events, traceHash } = result;
    const isBroken = result.violation !== null;
    const facts = { seeds: 1, counts, simulatedMs, events, traceHash, wallMs: 0 };
    const violations = isBroken ? [result] : [];
    const answer = { ...facts, violations, interrupted: false, missing: [] };
    return this.#conclude(answer, isBroken ? [`raftctl sim --plan ${path}`] : []);
  }

  #answer(
    result: HuntResult,
    asked: {
      readonly options: RunOptions;
      readonly mutant: string | null;
      readonly isOne: boolean;
    },
  ): unknown {
    const { options, mutant, isOne } = asked;
    const missing = missingRows(result.counts, { seeds: result.seeds, options });
    const owed = mutant === null && result.violations.length === 0 && !result.interrupted;
    const replays: string[] = [];
    for (const failing of result.violations) {
      for (const text of resultLines(failing, isOne ? EVENT_LINES : 12, this.paintOut)) {
        this.print(text);
      }
      replays.push(replayCommand(failing.seed, options, mutant));
    }
    if (!isOne) for (const text of coverageLines(result.counts)) this.print(text);
    this.print(summaryText(result));
    const answer = { ...result, missing: owed ? missing.map(({ name }) => name) : [] };
    if (owed && missing.length > 0) {
      this.note(missingText(missing));
      return this.answer('sim', { ...answer, replays }, EXIT.failure);
    }
    if (result.interrupted) return this.answer('sim', { ...answer, replays }, EXIT.interrupted);
    return this.#conclude(answer, replays);
  }

  #conclude(data: object, replays: readonly string[]): unknown {
    for (const command of replays) this.print(`replay: ${command}`);
    const exit = replays.length > 0 ? EXIT.violation : EXIT.ok;
    return this.answer('sim', { ...data, replays }, exit);
  }
}
