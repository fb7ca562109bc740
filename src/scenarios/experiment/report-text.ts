/** A report for a terminal. Pure. */
import { type Paint, PLAIN } from '../../std/paint.ts';
import { tableLines } from '../../std/table.ts';
import { formatDurationMs, plural } from '../../std/units.ts';
import type { ExperimentReport } from './report.ts';
import { reportTables } from './report-tables.ts';

/** More runnable processes a core than this: other programs have had their share. */
const BUSY_LOAD_PER_CORE = 0.25;

export function reportLines(report: ExperimentReport, paint: Paint = PLAIN): string[] {
  const lines = [paint('bold', report.title), ...factLines(report)];
  for (const table of reportTables(report)) {
    lines.push('', paint('bold', table.title), ...tableLines(table.columns, table.rows, paint));
  }
  return lines;
}

/** What one has to know to believe the numbers. */
export function factLines(report: ExperimentReport): string[] {
  const { environment, points, durationMs, reference } = report;
  const { cores, cpu, node, platform, kernel, raftctl } = environment;
  const length = formatDurationMs(durationMs);
  const machine = `Node ${node}, ${platform} ${kernel}, ${plural(cores, 'core')} (${cpu})`;
  const lines = [`${plural(points.length, 'point')} of ${length}, raftctl ${raftctl}, ${machine}`];
  // The load of the experiment itself is in the average of all points but the first.
  const [first] = [...points].sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  if (first !== undefined && first.loadAverage > BUSY_LOAD_PER_CORE * cores) {
    lines.push('BUSY: something else ran here when it began; numbers say what is possible');
  }
  if (reference !== null) {
    lines.push(`${reference.name}: ${reference.source}; ${reference.setting}`);
    lines.push(...reference.remarks.map((remark) => `  ${remark}`));
  }
  return lines;
}
