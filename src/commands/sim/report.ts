import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { stateDirectory } from '../../cli/directories.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { LiveLine } from '../../cli/live-line.ts';
import { simSecondsFlag, workersFlag } from '../../cli/sim-flags.ts';
import { HuntState } from '../../simulator/hunt-state.ts';
import type { Mutant } from '../../simulator/mutant.ts';
import { programHash } from '../../simulator/mutant-build.ts';
import { type HuntBudget, huntMutants, isWhole } from '../../simulator/mutant-hunt.ts';
import {
  intoDocument,
  isRight,
  type MutantRow,
  markdownOf,
  measureSpeed,
  speedText,
} from '../../simulator/mutant-report.ts';
import { findMutant, MUTANTS } from '../../simulator/mutants.ts';
import { mutantsProgressText } from '../../simulator/sim-view.ts';
import { EXIT, RaftctlError } from '../../std/errors.ts';

/** Between two lines of progress where nobody looks at a terminal. */
const PLAIN_EVERY_MS = 30_000;

export default class SimReport extends BaseCommand {
  static override summary = 'Hunt every planted bug; print a table of what found it, as Markdown.';
  static override description =
    'Runs seeds until an oracle fires, for each bug of `sim mutants`. Exit code 1 when a bug was ' +
    'not found or a control was flagged. What was found is kept as it comes, so the same command ' +
    'goes on where it was interrupted.';
  static override examples = [
    '<%= config.bin %> sim report --seeds 2000 --workers 2',
    '<%= config.bin %> sim report --only M13,M24',
  ];
  static override flags = {
    seeds: Flags.integer({
      summary: 'Seeds for each bug, at most.',
      min: 1,
      default: 500,
      env: 'RAFTCTL_SIM_SEEDS',
    }),
    'control-seeds': Flags.integer({
      summary: 'Seeds for each change that is no bug.',
      min: 1,
      default: 500,
      env: 'RAFTCTL_SIM_CONTROL_SEEDS',
    }),
    'sim-seconds': simSecondsFlag,
    workers: workersFlag,
    only: Flags.string({
      summary: 'These bugs only.',
      helpValue: 'ID,...',
      env: 'RAFTCTL_SIM_ONLY',
    }),
    state: Flags.string({
      summary:
        'Keep what was found in this file until all is done.  [default: in the state folder]',
      helpValue: 'FILE',
      env: 'RAFTCTL_SIM_STATE',
    }),
    into: Flags.string({
      summary: 'Put it into this file too, in place of the report that is there.',
      helpValue: 'FILE',
      env: 'RAFTCTL_SIM_INTO',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SimReport);
    const mutants = chosen(flags.only ?? null);
    const budget = {
      ...{ seedsMax: flags.seeds, controlSeeds: flags['control-seeds'] },
      seconds: flags['sim-seconds'],
    };
    const program = await programHash();
    const path = flags.state ?? join(stateDirectory(), `sim-report-${program}.jsonl`);
    const state = await HuntState.open(path, { program, seconds: budget.seconds });
    const rows = await this.#hunt({ mutants, budget, state, workers: flags.workers });
    const isOver = mutants.every((mutant) => {
      const row = rows.find(({ id }) => id === mutant.id);
      return row !== undefined && isWhole(row, mutant, budget);
    });
    await state.flush();
    if (!isOver) {
      this.note(`Interrupted: ${rows.length} of ${mutants.length} were hunted. What was found is in
  ${path}; the same command goes on from there.`);
      return this.answer('sim.report', { rows, speed: null }, EXIT.interrupted);
    }
    // Who asks for a few bugs does not want to wait for more.
    const speed = flags.only === undefined ? await measureSpeed(cpuMs) : null;
    const report = `${markdownOf(rows)}${speed === null ? '' : `\n\n${speedText(speed)}`}`;
    this.print(report);
    if (flags.into !== undefined) await putInto(flags.into, report);
    await state.remove();
    const exit = rows.every(isRight) ? EXIT.ok : EXIT.failure;
    return this.answer('sim.report', { rows, speed }, exit);
  }

  async #hunt(init: {
    readonly mutants: readonly Mutant[];
    readonly budget: HuntBudget;
    readonly state: HuntState;
    readonly workers: number;
  }): Promise<readonly MutantRow[]> {
    const { mutants, budget, state, workers } = init;
    const line = new LiveLine({
      ...{ isQuiet: this.isQuiet, stream: process.stderr },
      plainEveryMs: PLAIN_EVERY_MS,
    });
    const interrupts = new Interrupts(() => line.say('Stopping'));
    try {
      return await huntMutants({
        ...{ ...budget, mutants, workers, known: state.known, signal: interrupts.signal },
        nowMs: () => performance.now(),
        onRow: (row) => {
          state.add(row);
          const mutant = mutants.find(({ id }) => id === row.id);
          if (mutant === undefined || !isWhole(row, mutant, budget)) return;
          line.say(`${row.id.padEnd(6)} ${row.oracle ?? 'nothing'} (${row.seeds} seeds)`);
        },
        onProgress: (progress) => {
          const text = (): string => mutantsProgressText(progress);
          line.show(text, text);
        },
      });
    } finally {
      line.end();
      interrupts.release();
    }
  }
}

/** Time that this process has used: the figure does not depend on who else is busy. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function putInto(path: string, report: string): Promise<void> {
  const document = await readFile(path, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RaftctlError('USAGE', {
      message: `Cannot put the report into a file: ${why}`,
      cause,
    });
  });
  const changed = intoDocument(document, report);
  if (changed !== null) return await writeFile(path, changed);
  throw new RaftctlError('USAGE', {
    message: `Cannot put the report into ${path} as no place is marked in it`,
    hint: 'Mark it with the lines: <!-- sim report --> and <!-- end of sim report -->',
  });
}

function chosen(only: string | null): readonly Mutant[] {
  if (only === null) return MUTANTS;
  return only.split(',').map((id) => {
    const mutant = findMutant(id.trim());
    if (mutant !== null) return mutant;
    throw new RaftctlError('USAGE', {
      message: `Cannot hunt ${JSON.stringify(id)}: there is no such bug`,
      hint: 'See them all: raftctl sim mutants',
    });
  });
}
