import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { writeWhole } from '../../cli/text-files.ts';
import { figureSvg } from '../../scenarios/experiment/figure-svg.ts';
import { figuresOf } from '../../scenarios/experiment/figures.ts';
import { Records } from '../../scenarios/experiment/records.ts';
import { readReport } from '../../scenarios/experiment/report.ts';
import { experimentPage } from '../../scenarios/experiment/report-page.ts';
import { csvText, reportTables } from '../../scenarios/experiment/report-tables.ts';
import { reportLines } from '../../scenarios/experiment/report-text.ts';

export default class ExperimentReport extends BaseCommand {
  static override summary = 'Print the numbers of an experiment, beside those of its publication.';
  static override description =
    'DIR is what raftctl experiment run has written, whole or in part. Figures and tables go into ' +
    'report.html there, a page that needs no network.';
  static override examples = [
    '<%= config.bin %> experiment report thesis-results',
    '<%= config.bin %> experiment report thesis-results --csv tables --figures figures',
    '<%= config.bin %> experiment report thesis-results --html page.html',
  ];
  static override args = {
    directory: Args.string({ description: 'Directory of the results.', required: true }),
  };
  static override flags = {
    html: Flags.string({
      summary: 'Write the page here. [default: DIR/report.html]',
      helpValue: 'FILE',
      env: 'RAFTCTL_HTML',
    }),
    figures: Flags.string({
      summary: 'Write each figure as an SVG file into this folder.',
      helpValue: 'DIR',
      env: 'RAFTCTL_FIGURES',
    }),
    csv: Flags.string({
      summary: 'Write each table as a CSV file into this folder.',
      helpValue: 'DIR',
      env: 'RAFTCTL_CSV',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ExperimentReport);
    const directory = resolve(args.directory);
    const { report, records } = await readReport(new Records(directory));
    const page = resolve(flags.html ?? join(directory, 'report.html'));
    await writeWhole(page, experimentPage(report, records));
    const tables = reportTables(report).map(
      (table) => [`${table.name}.csv`, csvText(table)] as const,
    );
    const figures = figuresOf(report, records).map((figure) => {
      return [`${figure.name}.svg`, figureSvg(figure, true)] as const;
    });
    const files = [
      page,
      ...(await writtenInto(flags.csv, tables)),
      ...(await writtenInto(flags.figures, figures)),
    ];
    for (const line of reportLines(report, this.paintOut)) this.print(line);
    for (const file of files) this.note(`Written: ${file}`);
    return this.answer('experiment.report', { ...report, files });
  }
}

/** @returns their paths. */
async function writtenInto(
  name: string | undefined,
  files: readonly (readonly [string, string])[],
): Promise<string[]> {
  if (name === undefined) return [];
  const folder = resolve(name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of files) await writeWhole(join(folder, file), text);
  return files.map(([file]) => join(folder, file));
}
