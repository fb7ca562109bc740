import { writeFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { LiveLine } from '../../cli/live-line.ts';
import { runFlags } from '../../cli/sim-flags.ts';
import { withBuild } from '../../simulator/mutant-build.ts';
import { encodePlan, readPlan, type SimPlan } from '../../simulator/plan-file.ts';
import { optionsOf } from '../../simulator/run.ts';
import { parseSeeds } from '../../simulator/seed-range.ts';
import {
  planOfSeed,
  type ShrinkProgress,
  type ShrinkResult,
  shrink,
} from '../../simulator/shrink.ts';
import { SimPool } from '../../simulator/sim-pool.ts';
import { resultLines } from '../../simulator/sim-view.ts';
import { RaftctlError } from '../../std/errors.ts';
import { formatCount } from '../../std/units.ts';

export default class SimShrink extends BaseCommand {
  static override summary = 'Reduce a seed that fails to a short plan that fails in the same way.';
  static override description =
    'Removes time, kinds of trouble, members, then fault by fault and request by request, as long ' +
    'as the same oracle fires. The plan is a file to read, to replay with `sim --plan`, and to keep ' +
    'as a test. Ctrl-C ends it with what has been reached.';
  static override examples = [
    '<%= config.bin %> sim shrink --seed 4711 --workers 2',
    '<%= config.bin %> sim shrink --seed 3 --mutate M24 --out m24.json',
    '<%= config.bin %> sim shrink failing.json',
  ];
  static override args = {
    plan: Args.string({ description: 'A plan to shrink further.' }),
  };
  static override flags = {
    seed: Flags.string({
      summary: 'The seed that fails.',
      helpValue: 'S',
      env: 'RAFTCTL_SIM_SEED',
    }),
    ...runFlags,
    out: Flags.string({
      summary: 'Where the plan goes.  [default: sim-SEED.json]',
      helpValue: 'FILE',
      env: 'RAFTCTL_SIM_OUT',
    }),
    runs: Flags.integer({
      summary: 'Runs to spend, at most.',
      min: 1,
      default: 3000,
      env: 'RAFTCTL_SIM_RUNS',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SimShrink);
    if ((args.plan === undefined) === (flags.seed === undefined)) {
      throw new RaftctlError('USAGE', { message: 'Give either a plan or --seed' });
    }
    const given = args.plan === undefined ? null : await readPlan(args.plan);
    const mutant = flags.mutate ?? given?.mutant ?? null;
    const line = new LiveLine({ isQuiet: this.isQuiet, stream: process.stderr });
    const interrupts = new Interrupts(() => line.say('Stopping with what has been reached'));
    try {
      const done = await withBuild(mutant, async (build) => {
        const pool = new SimPool({ build, width: flags.workers });
        try {
          const plan = given ?? (await this.#planOf(pool, flags.seed ?? '', flags, mutant));
          return await shrink(pool, plan, {
            ...{ mutant, signal: interrupts.signal, runsMax: flags.runs },
            onProgress: (progress) => {
              const text = (): string => progressText(progress);
              line.show(text, text);
            },
          });
        } finally {
          await pool.close();
        }
      });
      line.end();
      const path = flags.out ?? `sim-${given?.seed ?? flags.seed}.json`;
      await writeFile(path, encodePlan(done.plan));
      return this.#answer(done, path);
    } finally {
      line.end();
      interrupts.release();
    }
  }

  #planOf(
    pool: SimPool,
    seed: string,
    flags: Parameters<typeof optionsOf>[0],
    mutant: string | null,
  ): Promise<SimPlan> {
    const options = optionsOf(flags);
    return planOfSeed(pool, { seed: parseSeeds(seed, true).first, options, mutant });
  }

  #answer(done: ShrinkResult, path: string): unknown {
    const { plan, result, runs, faultsBefore, operationsBefore } = done;
    for (const text of resultLines(result, 20, this.paintOut)) this.print(text);
    const faults = plan.faults.events.length;
    const operations = plan.operations.length;
    this.print(
      `${faults} of ${faultsBefore} faults and ${operations} of ${operationsBefore} requests ` +
        `are left, on ${plan.nodes} nodes, after ${formatCount(runs)} runs`,
    );
    this.print(`replay: raftctl sim --plan ${path}`);
    const { nodes, oracle, mutant } = plan;
    return this.answer('sim.shrink', {
      ...{ path, oracle, mutant, nodes, runs, traceHash: result.traceHash },
      ...{ faults, operations, faultsBefore, operationsBefore },
    });
  }
}

function progressText({ runs, faults, operations, seconds }: ShrinkProgress): string {
  const time = `${seconds.toFixed(1)} s`;
  return `${formatCount(runs)} runs: ${faults} faults, ${operations} requests, ${time} are left`;
}
