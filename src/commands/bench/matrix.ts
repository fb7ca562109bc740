import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { RunStore, type StoredRun } from '../../bench/run-store.ts';
import { dirFlag } from '../../cli/flags.ts';
import { writeWhole } from '../../cli/text-files.ts';
import { planSide } from '../../measurements/compared-sides.ts';
import { type Matrix, type MatrixCell, readMatrix } from '../../measurements/matrix-file.ts';
import {
  drawMatrix,
  MATRIX_FIGURES,
  matrixHeatLines,
  matrixPanels,
} from '../../measurements/matrix-pictures.ts';
import { type MatrixRow, matrixLines, matrixRow } from '../../measurements/matrix-rows.ts';
import { MeasureCommand, runsDirFlag } from '../../measurements/measure-command.ts';
import { lossOf } from '../../measurements/run-trouble.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class BenchMatrix extends MeasureCommand {
  static override summary = 'Measure every combination of a file: targets, sizes, clients, ...';
  static override description =
    'Rounds with all combinations, each round in another order of chance, so that a machine that ' +
    'drifts blurs all alike. Every run is kept: started again, it goes on with what is missing. ' +
    'With --fresh it begins anew. Exit code 10: a run cannot be believed.';
  static override examples = [
    '<%= config.bin %> bench matrix engines.toml',
    '<%= config.bin %> bench matrix engines.toml --fresh --json',
    '<%= config.bin %> bench matrix engines.toml --html engines.html',
  ];
  static override args = {
    file: Args.string({ description: 'The experiment (TOML).', required: true }),
  };
  static override flags = {
    dir: dirFlag,
    fresh: Flags.boolean({ summary: 'Measure all again.', env: 'RAFTCTL_FRESH' }),
    html: Flags.string({
      summary: 'Write heat maps and the table as a page to this file.',
      helpValue: 'FILE',
      env: 'RAFTCTL_HTML',
    }),
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(BenchMatrix);
    const matrix = await readMatrix(args.file);
    const store = new RunStore(flags['runs-dir']);
    const done = await this.#done(matrix, store, args.file, flags.fresh);
    const missing = missingOf(matrix, done);
    if (missing.length < matrix.order.length) {
      this.note(`${matrix.order.length - missing.length} of ${matrix.order.length} runs are there`);
    }
    let interruptedWith: number | null = null;
    for (const [at, which] of missing.entries()) {
      const cell = matrix.cells[which] as MatrixCell;
      const plan = await planSide(cell.target, { input: cell.input, dir: flags.dir });
      const label = `${at + 1} of ${missing.length}, ${cell.target}`;
      const { run, exit, isInterrupted } = await this.measure(plan, { label });
      if (isInterrupted) {
        interruptedWith = exit;
        break;
      }
      const runs = done[which] as StoredRun[];
      const tags = [tagOf(args.file, cell)];
      const group = runs[0]?.id ?? null;
      runs.push(
        await this.keep(plan, run, { directory: store.directory, name: null, tags, group }),
      );
    }
    const rows = matrix.cells.map((cell, i) => matrixRow(cell, done[i] ?? []));
    for (const line of matrixLines(rows, this.paintOut)) this.print(line);
    const html = await this.#draw(args.file, rows, flags.html ?? null);
    const invalid = rows.reduce((sum, row) => sum + row.invalid, 0);
    const trouble =
      invalid === 0
        ? null
        : new RaftctlError('MEASUREMENT_INVALID', {
            message: `${invalid} runs cannot be believed: the generator was late, or nobody answered`,
            hint: 'See why: raftctl bench show ID. Repeat all with --fresh on a quieter machine',
          });
    const losses = done.flat().map(({ result }) => lossOf(result));
    const exit = this.showTrouble(losses.find((loss) => loss !== null) ?? trouble);
    return this.answer('bench.matrix', { file: args.file, rows, html }, interruptedWith ?? exit);
  }

  /** Heat maps: here, and as a page. */
  async #draw(file: string, rows: readonly MatrixRow[], html: string | null) {
    const panels = matrixPanels(rows);
    for (const figure of MATRIX_FIGURES) {
      for (const line of matrixHeatLines(panels, figure, this.paintOut)) this.print(line);
    }
    if (html === null) return null;
    await writeWhole(html, drawMatrix(file, rows));
    this.print(`drawn in ${html}`);
    return html;
  }

  /** Runs of an earlier start, by cell, oldest first. */
  async #done(
    { cells }: Matrix,
    store: RunStore,
    file: string,
    isFresh: boolean,
  ): Promise<StoredRun[][]> {
    const all = isFresh ? [] : (await store.list()).reverse();
    return cells.map((cell) => {
      const tag = tagOf(file, cell);
      return all.filter(({ tags, result }) => tags.includes(tag) && !result.isPartial);
    });
  }
}

/** The order, without what is there already. */
function missingOf({ order }: Matrix, done: readonly (readonly StoredRun[])[]): number[] {
  const left = done.map((runs) => runs.length);
  return order.filter((which) => {
    const has = (left[which] ?? 0) > 0;
    if (has) left[which] = (left[which] ?? 0) - 1;
    return !has;
  });
}

/** The same file and the same cell have the same tag; a cell that was changed is another one. */
function tagOf(file: string, { target, input }: MatrixCell): string {
  const text = JSON.stringify([resolve(file), target, input]);
  return `matrix=${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
