/**
 * Colour as plain strings. Who decides whether there is any is the command line (`cli/colour.ts`);
 * colour only ever adds to a word or a shape that already says the same.
 */

const SGR = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof SGR;

export type Paint = (style: Style, text: string) => string;

export const PLAIN: Paint = (_style, text) => text;

export const COLOURED: Paint = (style, text) => {
  const [on, off] = SGR[style];
  return text === '' ? text : `\u001b[${on}m${text}\u001b[${off}m`;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** Columns a string takes on screen, not counting colour. */
export function widthOf(text: string): number {
  return text.replace(ESCAPES, '').length;
}
