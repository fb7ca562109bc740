/**
 * The programs of older Raft systems, by their old command lines (docs/older-systems.md). Each maps
 * its flags, ports and answers on the one node daemon or the one client library; there is no
 * second implementation of anything.
 */
import { RaftctlError } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';
import { CHAT_CLIENT } from './chat-client.ts';
import { CHATROOM } from './chatroom.ts';
import { CLIENT } from './client.ts';
import { DISKSTORAGE } from './diskstorage.ts';
import { HRAFTD, HRAFTD_REDIS, WEBKVSTORE } from './hraftd.ts';
import { KVAPI } from './kvapi.ts';
import { KVSTORE } from './kvstore.ts';
import { LOADGEN } from './loadgen.ts';
import { LOGGER } from './logger.ts';
import { MONIT } from './monit.ts';
import { flagLines, parseOldLine } from './old-flags.ts';
import type { AsContext, OldProgram } from './program.ts';
import { RAFTEXAMPLE } from './raftexample.ts';
import { RECOVERY } from './recovery.ts';
import { STATE_FILE } from './state-file.ts';
import { STRESS } from './stress.ts';

export const OLD_PROGRAMS: readonly OldProgram[] = [
  ...[KVSTORE, DISKSTORAGE, STATE_FILE, LOGGER, CHATROOM, CHAT_CLIENT],
  ...[CLIENT, LOADGEN, RECOVERY, MONIT, WEBKVSTORE],
  ...[HRAFTD, HRAFTD_REDIS, KVAPI, STRESS, RAFTEXAMPLE],
];

/** @returns the exit code. @throws {RaftctlError} USAGE */
export function runAs(
  name: string,
  argv: readonly string[],
  context: AsContext,
): Promise<number> | number {
  const program = programNamed(name);
  if (argv.length === 1 && (argv[0] === '-help' || argv[0] === '-h')) {
    for (const line of programLines(program)) context.print(line);
    return 0;
  }
  const line = parseOldLine(name, argv, { flags: program.flags, env: context.env });
  const [extra] = line.words;
  if (program.words === undefined && extra !== undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot read the command line of ${name}: there is no place for ${JSON.stringify(extra)}`,
      hint: `For example: raftctl as ${program.examples[0]}`,
    });
  }
  return program.run(line, context);
}

/** All programs, each with the lines its README shows. */
export function overviewLines(): string[] {
  const lines = ['Programs of older Raft systems, run by this one. Their own command lines:'];
  for (const { system, about, examples } of OLD_PROGRAMS) {
    lines.push('', `${about} (${system})`);
    for (const example of examples) lines.push(`  raftctl as ${example}`);
  }
  return [...lines, '', 'The flags of one: raftctl as PROGRAM -help'];
}

function programLines({ name, about, examples, flags, words = '' }: OldProgram): string[] {
  return [
    about,
    '',
    `raftctl as ${name} [FLAGS] ${words}`.trimEnd(),
    ...flagLines(flags),
    '',
    'For example:',
    ...examples.map((example) => `  raftctl as ${example}`),
  ];
}

function programNamed(name: string): OldProgram {
  const program = OLD_PROGRAMS.find((each) => each.name === name);
  if (program !== undefined) return program;
  const names = OLD_PROGRAMS.map((each) => each.name);
  const near = nearestWord(name, names);
  throw new RaftctlError('USAGE', {
    message: `Unknown program of an older system: ${name}`,
    hint: near === null ? `There are ${names.join(', ')}` : `Did you mean: raftctl as ${near}?`,
  });
}
