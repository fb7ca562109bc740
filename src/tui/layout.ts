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
    body.push(line(edge, ' ', ...toWidth(lines[row] ?? [], inner), ' ', edge));
  }
  const floor = piece(corner.sw + horizontal.repeat(width - 2) + corner.se, tone);
  return [upperEdge(init, glyphs), ...body, line(floor)];
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
