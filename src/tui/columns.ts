/** Tables that fit: columns of least worth go first when there is no room. */
import { type Line, line, type Piece, padStart, piece, type Tone, toWidth } from './text.ts';

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface TableColumn<Row> {
  readonly title: string;
  /** Columns of characters; the widest content counts when there is more. */
  readonly width?: number;
  readonly align?: 'left' | 'right';
  /** Lowest goes first. */
  readonly worth: number;
  readonly cell: (row: Row) => Cell;
  /** To sort by; without it the column cannot be sorted by. */
  readonly value?: (row: Row) => number | string | null;
}

const WIDE_GAP = 2;
const NARROW_GAP = 1;
/** From this width on there is room for both: columns and space between them. */
const WIDE_COLUMNS_MIN = 100;

interface Measured<Row> {
  readonly column: TableColumn<Row>;
  readonly width: number;
}

/** Header first, then a line a row; `width` is that of the lines, `lead` stands before each. */
export function table<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  options: {
    readonly width: number;
    readonly lead: (row: Row) => Piece;
    readonly sortedBy?: { readonly title: string; readonly mark: string } | null;
  },
): Line[] {
  const leadWidth = rows.length === 0 ? 0 : options.lead(rows[0] as Row).text.length;
  const gapWidth = options.width < WIDE_COLUMNS_MIN ? NARROW_GAP : WIDE_GAP;
  const gap = (i: number): string => (i === 0 ? '' : ' '.repeat(gapWidth));
  const shown = fitting(columns, rows, { room: options.width - leadWidth, gapWidth });
  const header = shown.map(({ column, width }, i) => {
    const mark = options.sortedBy?.title === column.title ? options.sortedBy.mark : '';
    return piece(gap(i) + aligned(column.title + mark, width, column.align), 'dim');
  });
  const body = rows.map((row) => {
    const cells = shown.map(({ column, width }, i) => {
      const { text, tone = 'plain' } = column.cell(row);
      return piece(gap(i) + aligned(text, width, column.align), tone);
    });
    return toWidth([options.lead(row), ...cells], options.width);
  });
  return [toWidth(line(' '.repeat(leadWidth), ...header), options.width), ...body];
}

function fitting<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  { room, gapWidth }: { readonly room: number; readonly gapWidth: number },
): Measured<Row>[] {
  let shown: Measured<Row>[] = columns.map((column) => ({ column, width: widthOf(column, rows) }));
  const total = (): number => shown.reduce((sum, { width }) => sum + width + gapWidth, -gapWidth);
  while (shown.length > 1 && total() > room) {
    const least = Math.min(...shown.map(({ column }) => column.worth));
    shown = shown.filter(({ column }) => column.worth !== least);
  }
  return shown;
}

function widthOf<Row>(column: TableColumn<Row>, rows: readonly Row[]): number {
  const texts = rows.map((row) => column.cell(row).text.length);
  // Room for the mark of the column that is sorted by, so that nothing moves when it changes.
  const title = column.title.length + (column.value === undefined ? 0 : 1);
  return Math.max(title, column.width ?? 0, ...texts);
}

function aligned(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  return align === 'right'
    ? padStart(text, width)
    : text + ' '.repeat(Math.max(0, width - text.length));
}
