/** What `--json` prints, the same on a terminal and in a pipe. */

/** Set to 1 by the shell, whose readers take an object a line. */
export const JSON_LINES_VARIABLE = 'RAFTCTL_JSON_LINES';

/** Indented, for people too; where many objects follow each other, one a line. With line end. */
export function jsonText(value: unknown): string {
  const indent = process.env[JSON_LINES_VARIABLE] === '1' ? 0 : 2;
  return `${JSON.stringify(value, null, indent)}\n`;
}
