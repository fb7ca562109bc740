/** A report as an HTML page that needs nothing else: figures, tables, machine, sources. Pure. */
import { REPORT_STYLE } from '../../bench/report-style.ts';
import { htmlPage, htmlText } from '../../std/html.ts';
import { FIGURE_STYLE, figureSvg } from './figure-svg.ts';
import { figuresOf } from './figures.ts';
import type { PointRecord } from './records.ts';
import type { ExperimentReport } from './report.ts';
import { type ReportTable, reportTables } from './report-tables.ts';
import { factLines } from './report-text.ts';

const HOLLOW = 'Hollow points are numbers of the publication; those read off its plots are about.';

export function experimentPage(report: ExperimentReport, records: readonly PointRecord[]): string {
  const { title, reference } = report;
  const figures = figuresOf(report, records).map((figure) => `<div>${figureSvg(figure)}</div>`);
  const facts = factLines(report).map((line) => `<p class="dim">${htmlText(line.trim())}</p>`);
  const body = [
    `<header><h1>${htmlText(title)}</h1>${facts.join('')}</header>`,
    `<p><code>raftctl experiment run ${htmlText(report.profile)}</code></p>`,
    '<h2>Figures</h2>',
    reference === null ? '' : `<p class="dim">${HOLLOW}</p>`,
    `<div class="pair">${figures.join('\n')}</div>`,
    ...reportTables(report).map(tableHtml),
  ];
  return htmlPage({ title, style: REPORT_STYLE + FIGURE_STYLE, body: body.join('\n') });
}

function tableHtml({ title, columns, rows }: ReportTable): string {
  const classes = columns.map(({ align }) => (align === 'right' ? ' class="n"' : ''));
  const heads = columns.map((column, i) => `<th${classes[i]}>${htmlText(column.title)}</th>`);
  const lines = rows.map((row) => {
    const cells = columns.map((column, i) => {
      return `<td${classes[i]}>${htmlText(String(column.cell(row) ?? '-'))}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<h2>${htmlText(title)}</h2>\n<table><tr>${heads.join('')}</tr>${lines.join('\n')}</table>`;
}
