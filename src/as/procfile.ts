/** Procfiles, as raftexample brings one: a line a process, `name: command`. Pure. */
import { RaftctlError } from '../std/errors.ts';
import { OLD_PROGRAMS } from './as.ts';

export interface ProcfileEntry {
  readonly name: string;
  /** What is typed after `raftctl`. */
  readonly words: readonly string[];
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/;

/** @throws {RaftctlError} CONFIG_INVALID with file and line. */
export function parseProcfile(text: string, path: string): readonly ProcfileEntry[] {
  const entries: ProcfileEntry[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const refuse = (why: string): never => {
      throw new RaftctlError('CONFIG_INVALID', { message: `${path}:${at + 1}: ${why}` });
    };
    const line = raw.trim();
    // Lines that are switched off: goreman knows no other comments.
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!NAME.test(name)) refuse('a line is NAME: COMMAND');
    if (entries.some((entry) => entry.name === name)) refuse(`${name} is there twice`);
    const typed = wordsOf(line.slice(colon + 1)) ?? refuse('a quote does not end');
    entries.push({ name, words: ours(typed) ?? refuse(unknownCommand(typed[0] ?? '')) });
  }
  if (entries.length > 0) return entries;
  throw new RaftctlError('CONFIG_INVALID', { message: `${path} names no process` });
}

/** The words of a command as a shell takes them: quotes, no more. Null: one does not end. */
function wordsOf(command: string): string[] | null {
  const words: string[] = [];
  const pattern = /(?:[^\s"']+|"[^"]*"|'[^']*')+/g;
  const rest = command.replace(pattern, (word) => {
    words.push(word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
    return '';
  });
  return rest.trim() === '' ? words : null;
}

/** The older program's own name, or raftctl, whatever path is before it. */
function ours(typed: readonly string[]): readonly string[] | null {
  const [program = '', ...rest] = typed;
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (name === 'raftctl') return rest;
  return OLD_PROGRAMS.some((known) => known.name === name) ? ['as', name, ...rest] : null;
}

function unknownCommand(program: string): string {
  const known = OLD_PROGRAMS.map(({ name }) => name).join(', ');
  return `${JSON.stringify(program)} is none of the programs that can be run here: raftctl, ${known}`;
}
