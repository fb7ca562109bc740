/** What oclif's parser says of a wrong command line, in our words. Pure. */
import { nearestWord } from '../std/nearest.ts';

/** What some of oclif's errors carry besides their message. */
interface ParserError extends Error {
  readonly args?: readonly { readonly name?: string; readonly description?: string }[];
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

const PLAIN_WORD = 'Put -- before a word that begins with -. ';
const HEADING = /^The following errors? occurred:$/;
const FOOTER = /\n?See more help with --help\s*$/;

/** One line, without headings and footers. */
export function usageMessage(error: ParserError): string {
  const missing = (error.args ?? []).filter(({ name }) => name !== undefined);
  if (missing.length > 0 && error.message.startsWith('Missing')) {
    const names = missing.map(({ name, description }) => {
      return `${name?.toUpperCase()}${description === undefined ? '' : ` (${description.replace(/\.$/, '')})`}`;
    });
    return `Missing argument${names.length === 1 ? '' : 's'}: ${names.join(', ')}`;
  }
  return plainUsage(error.message);
}

/** The same for an error of our own that was thrown while a flag was read. */
export function plainUsage(text: string): string {
  const [first = '', ...rest] = text
    .replace(FOOTER, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !HEADING.test(line));
  const flag = /^Parsing (--\S+)$/.exec(first)?.[1];
  const lines = flag === undefined ? [first, ...rest] : [`${flag}: ${rest.join('; ')}`];
  return lines.join('; ').replace(/^Nonexistent flag/, 'Unknown flag');
}

/**
 * Names the variable instead of the flag that nobody typed.
 *
 * @param message of `plainUsage`
 */
export function blameVariable(
  message: string,
  argv: readonly string[],
  flags: Readonly<Record<string, { readonly env?: string; readonly char?: string }>>,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const name = /^--([a-z-]+): /.exec(message)?.[1] ?? '';
  const { env: variable, char } = flags[name] ?? {};
  const isTyped = argv.some((word) => {
    const [flag] = word.split('=');
    return flag === `--${name}` || (char !== undefined && word.startsWith(`-${char}`));
  });
  if (isTyped || variable === undefined || !env[variable]) return message;
  return message.replace(`--${name}`, variable);
}

/** What to type instead, or where to read on. */
export function usageHint(error: ParserError): string {
  const word = wordMeant(error.message);
  if (word !== null) return `Did you mean ${word}? Add --help to see what the command takes`;
  const known = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`);
  const meant = (error.flags ?? []).flatMap((typed) => nearestWord(typed, known) ?? []);
  const guess = meant.length === 0 ? PLAIN_WORD : `Did you mean ${meant.join(', ')}? `;
  return `${error.flags === undefined ? '' : guess}Add --help to see what the command takes`;
}

/** Of a value that is none of those a flag or an argument takes: the nearest that is. */
function wordMeant(message: string): string | null {
  const [, typed = '', known = ''] = /^Expected (\S+) to be one of: (.+)$/m.exec(message) ?? [];
  return typed === '' ? null : nearestWord(typed.replace(/^--[^=]+=/, ''), known.split(', '));
}
