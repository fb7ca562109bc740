/** Holds lines of `raftctl`, as pages and help show them, against the commands themselves. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Command, Flags } from '@oclif/core';
import { parse } from '@oclif/core/parser';
import { OLD_PROGRAMS } from '../../src/as/as.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';

const FOLDER = fileURLToPath(new URL('../../src/commands', import.meta.url));

/** Of all commands, with blanks between words. */
export const COMMANDS: readonly string[] = readdirSync(FOLDER, {
  recursive: true,
  encoding: 'utf8',
})
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace('.ts', '').replaceAll(/[\\/]/g, ' '))
  .sort();

export async function commandClass(name: string): Promise<typeof Command> {
  const path = `${FOLDER}/${name.replaceAll(' ', '/')}.ts`;
  return ((await import(path)) as { default: typeof Command }).default;
}

/** The words of the `raftctl` lines of a text; what other programs are called with is left out. */
export function linesOf(text: string): string[][] {
  const plain = text.replaceAll(/"?\$\(([^)]*)\)"?/g, ' && $1 && ');
  return plain.split(/\s(?:&&|\||[<>])\s/).flatMap((part) => {
    const words = part.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
    const all = words.map((word) => word.replace(/^["']|["']$/g, ''));
    const at = all.indexOf('raftctl');
    return at < 0 ? [] : [all.slice(at + 1)];
  });
}

/** What is wrong with a line; null: the program takes it. */
export async function lineFault(words: readonly string[]): Promise<string | null> {
  const length = [3, 2, 1].find((count) => COMMANDS.includes(words.slice(0, count).join(' ')));
  if (length === undefined) return `there is no command ${words.slice(0, 2).join(' ')}`;
  const name = words.slice(0, length).join(' ');
  // That flag may do without its value: the command gives it one first.
  const argv = words.slice(length).map((word) => (word === '--watch' ? '--watch=1s' : word));
  if (name === 'as') {
    const known = OLD_PROGRAMS.some((program) => program.name === argv[0]);
    return known || argv.length === 0 ? null : `there is no program ${argv[0]}`;
  }
  const command = await commandClass(name);
  const flags = { json: Flags.boolean(), ...BaseCommand.baseFlags, ...command.flags };
  try {
    await parse([...argv], { flags, args: command.args, strict: command.strict });
    return null;
  } catch (error) {
    return String((error as Error).message);
  }
}
