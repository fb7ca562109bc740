/**
 * Whether a stream gets colour: `--no-color`, `RAFTCTL_NO_COLOR` and `NO_COLOR` (non-empty) win
 * over `FORCE_COLOR`, which wins over `TERM=dumb`, which wins over the stream being a terminal.
 */
import { COLOURED, type Paint, PLAIN } from '../std/paint.ts';

export interface ColourQuestion {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--no-color` was given. */
  readonly refused: boolean;
  readonly isTerminal: boolean;
}

export function wantsColour(question: ColourQuestion): boolean {
  const { env, refused, isTerminal } = question;
  if (refused || filled(env['RAFTCTL_NO_COLOR']) || filled(env['NO_COLOR'])) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env['TERM'] === 'dumb') return false;
  return isTerminal;
}

export function paintFor(stream: NodeJS.WriteStream, refused: boolean): Paint {
  const isTerminal = stream.isTTY === true;
  return wantsColour({ env: process.env, refused, isTerminal }) ? COLOURED : PLAIN;
}

function filled(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
