import { readFile, writeFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { LiveLine } from '../../cli/live-line.ts';
import { simSecondsFlag, workersFlag } from '../../cli/sim-flags.ts';
import type { Mutant } from '../../simulator/mutant.ts';
import {
  huntMutants,
  intoDocument,
  isRight,
  markdownOf,
  measureSpeed,
  speedText,
} from '../../simulator/mutant-report.ts';
import { findMutant, MUTANTS } from '../../simulator/mutants.ts';
import { EXIT, RaftctlError } from '../../std/errors.ts';

export default class SimReport extends BaseCommand {
  static override summary = 'Hunt every planted bug; print a table of what found it, as Markdown.';
  static override description =
    'Runs seeds until an oracle fires, for each bug of `sim mutants`. Exit code 1 when a bug was ' +
    'not found or a control was flagged.';
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
    into: Flags.string({
      summary: 'Put it into this file too, in place of the report that is there.',
      helpValue: 'FILE',
      env: 'RAFTCTL_SIM_INTO',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(SimReport);
    const line = new LiveLine({ isQuiet: this.isQuiet, stream: process.stderr });
    const interrupts = new Interrupts(() => line.say('Stopping'));
    try {
      const rows = await huntMutants({
        ...{ mutants: chosen(flags.only ?? null), signal: interrupts.signal },
        ...{ seedsMax: flags.seeds, controlSeeds: flags['control-seeds'] },
        ...{ seconds: flags['sim-seconds'], workers: flags.workers },
        nowMs: () => performance.now(),
        onRow: ({ id, oracle, seeds }) => {
          line.say(`${id.padEnd(6)} ${oracle ?? 'nothing'} (${seeds} seeds)`);
        },
      });
      // Who asks for a few bugs does not want to wait for more.
      const speed = flags.only === undefined ? await measureSpeed(cpuMs) : null;
      const report = `${markdownOf(rows)}${speed === null ? '' : `\n\n${speedText(speed)}`}`;
      this.print(report);
      if (flags.into !== undefined) await putInto(flags.into, report);
      const exit = interrupts.signal.aborted ? EXIT.interrupted : EXIT.ok;
      return this.answer('sim.report', { rows, speed }, rows.every(isRight) ? exit : EXIT.failure);
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
