/** Tables for people: no borders, aligned, `-` for what is not there. */
import { type Paint, PLAIN, widthOf } from './paint.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string | number | null;
}

/** Lines of the table, header first, without trailing blanks. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint = PLAIN,
): string[] {
  const cells = rows.map((row) => columns.map((column) => textOf(column.cell(row))));
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, ...cells.map((line) => widthOf(line[i] ?? ''))),
  );
  const join = (line: readonly string[]): string =>
    line
      .map((text, i) => pad(text, widths[i] ?? 0, columns[i]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  const header = join(columns.map((column) => column.title));
  return [paint('dim', header), ...cells.map(join)];
}

function textOf(value: string | number | null): string {
  return value === null || value === '' ? '-' : String(value);
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? blanks + text : text + blanks;
}
