/**
 * Lines as pieces of text with a tone each. A tone says what a piece means; which colour that is,
 * if any, is the theme's business and comes last, so that frames can be compared as plain text.
 */

/** Meanings, not colours. */
export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'good'
  | 'warn'
  | 'bad'
  | 'accent'
  | 'title'
  | 'frame'
  | 'focus'
  | 'selected'
  | 'heat1'
  | 'heat2'
  | 'heat3';

export interface Piece {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Piece[];

export function piece(text: string, tone: Tone = 'plain'): Piece {
  return { text, tone };
}

/** A line of plain strings and pieces. */
export function line(...parts: readonly (string | Piece)[]): Line {
  return parts.map((part) => (typeof part === 'string' ? piece(part) : part));
}

/**
 * NB: what is drawn takes one column a code unit: that is so for all shapes used here, and for the
 * pictures that a log may hold, which are two of each.
 */
export function widthOfLine(pieces: Line): number {
  let width = 0;
  for (const { text } of pieces) width += text.length;
  return width;
}

/** Exactly `width` columns: cut at the end, or filled with blanks. */
export function toWidth(pieces: Line, width: number): Line {
  const fitted: Piece[] = [];
  let left = width;
  for (const one of pieces) {
    if (left === 0) break;
    const { text, tone } = one;
    fitted.push(text.length <= left ? one : { text: text.slice(0, left), tone });
    left -= Math.min(left, text.length);
  }
  if (left > 0) fitted.push(piece(' '.repeat(left)));
  return fitted;
}

/** Left and right part with blanks between; the left one gives way. */
export function spread(left: Line, right: Line, width: number): Line {
  const rightWidth = Math.min(width, widthOfLine(right));
  return [...toWidth(left, width - rightWidth), ...toWidth(right, rightWidth)];
}

export function padStart(text: string, width: number): string {
  return text.length >= width ? text : ' '.repeat(width - text.length) + text;
}

/** Text of a line, without tones. */
export function plainText(pieces: Line): string {
  return pieces.map(({ text }) => text).join('');
}

/** What could break the screen: control characters become dots. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '·');
}
