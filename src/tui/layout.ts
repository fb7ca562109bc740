/** Boxes with a title, and boxes beside and above each other. Pure: lines in, lines out. */
import type { Glyphs } from './glyphs.ts';
import { type Line, line, type Piece, piece, toWidth, widthOfLine } from './text.ts';

export interface BoxInit {
  readonly title: string;
  /** At the right end of the upper edge. */
  readonly note?: string;
  readonly width: number;
  readonly height: number;
  readonly hasFocus?: boolean;
}

const HEADER_ROWS = 1;
/** From this height on the header also names the views. */
const LONG_HEADER_ROWS_MIN = 28;
/** Below this the title alone tells of other clusters. */
const CLUSTERS_ROWS_MIN = 20;
const CLUSTERS_SHARE = 0.13;
const FOOTER_ROWS = 2;
const FOOTED_ROWS_MIN = 8;

/**
 * Lines of a screen that its header, its view and its footer take.
 *
 * @param clusters how many are watched.
 */
export function partsOf(
  height: number,
  clusters: number,
): {
  readonly header: number;
  readonly body: number;
  readonly footer: number;
} {
  const header = height < LONG_HEADER_ROWS_MIN ? HEADER_ROWS : HEADER_ROWS + 1;
  const footer = height < FOOTED_ROWS_MIN ? 0 : FOOTER_ROWS;
  const rest = height - header - clustersHeight(clusters, height) - footer;
  return { header, body: Math.max(1, rest), footer };
}

/** Lines for clusters that are watched besides each other: none for one, few on a small screen. */
export function clustersHeight(clusters: number, height: number): number {
  if (clusters < 2 || height < CLUSTERS_ROWS_MIN) return 0;
  return Math.min(clusters, Math.floor(height * CLUSTERS_SHARE));
}

/** Columns that a box takes from what is in it: edges and a blank on each side. */
export const BOX_COLUMNS = 4;
export const BOX_ROWS = 2;

/** A frame around lines, which are cut or filled to fit. */
export function box(lines: readonly Line[], init: BoxInit, glyphs: Glyphs): Line[] {
  const { width, height, hasFocus = false } = init;
  const tone = hasFocus ? 'focus' : 'frame';
  const { corner, vertical, horizontal } = glyphs;
  const inner = width - BOX_COLUMNS;
  const edge = piece(vertical, tone);
  const body: Line[] = [];
  for (let row = 0; row < height - BOX_ROWS; row += 1) {
    body.push(line(edge, ' ', ...clipped(lines[row] ?? [], inner, glyphs), ' ', edge));
  }
  const floor = piece(corner.sw + horizontal.repeat(width - 2) + corner.se, tone);
  return [upperEdge(init, glyphs), ...body, line(floor)];
}

/** Exactly `width` columns; what had to be cut says so. */
function clipped(pieces: Line, width: number, { cut }: Glyphs): Line {
  const whole = toWidth(pieces, width);
  if (width < 2 || widthOfLine(trimmed(pieces)) <= width) return whole;
  return [...toWidth(whole, width - 1), piece(cut, 'dim')];
}

/** Without the blanks at its end. */
function trimmed(pieces: Line): Line {
  const kept = [...pieces];
  for (;;) {
    const last = kept.pop();
    if (last === undefined) return [];
    const text = last.text.trimEnd();
    if (text !== '') return [...kept, { ...last, text }];
  }
}

function upperEdge({ title, note = '', width, hasFocus = false }: BoxInit, glyphs: Glyphs): Line {
  const tone = hasFocus ? 'focus' : 'frame';
  const { corner, horizontal } = glyphs;
  const room = width - 4;
  const shownTitle = [...` ${title} `].slice(0, room).join('');
  const left = room - shownTitle.length;
  const noteText = note === '' ? '' : ` ${note} `;
  const shownNote = noteText.length <= left - 1 ? noteText : '';
  const gap = horizontal.repeat(left - shownNote.length);
  const parts: Piece[] = [
    piece(corner.nw + horizontal, tone),
    piece(shownTitle, 'title'),
    piece(gap, tone),
    piece(shownNote, 'dim'),
    piece(horizontal + corner.ne, tone),
  ];
  return parts;
}

/** Blocks of equal height next to each other. */
export function beside(...blocks: readonly (readonly Line[])[]): Line[] {
  const height = Math.max(...blocks.map((block) => block.length));
  const widths = blocks.map((block) => Math.max(0, ...block.map(widthOfLine)));
  const rows: Line[] = [];
  for (let row = 0; row < height; row += 1) {
    rows.push(blocks.flatMap((block, i) => toWidth(block[row] ?? [], widths[i] ?? 0)));
  }
  return rows;
}

/** The part of a list that is shown so that `selected` can be seen. */
export function windowOf(
  count: number,
  selected: number,
  height: number,
): { readonly from: number; readonly to: number } {
  if (count <= height) return { from: 0, to: count };
  const from = Math.max(0, Math.min(selected - Math.floor(height / 2), count - height));
  return { from, to: from + height };
}

/** Divides rows or columns by weights; the last part gets what is left. */
export function share(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const parts = weights.map((weight) => Math.floor((total * weight) / sum));
  const rest = total - parts.reduce((a, b) => a + b, 0);
  parts[parts.length - 1] = (parts.at(-1) ?? 0) + rest;
  return parts;
}

/** Of a table, header first, the rows around the selected one. */
export function tableWindow(lines: readonly Line[], selected: number, height: number): Line[] {
  const [header = [], ...rows] = lines;
  const { from, to } = windowOf(rows.length, Math.min(selected, rows.length - 1), height - 1);
  return [header, ...rows.slice(from, to)];
}
