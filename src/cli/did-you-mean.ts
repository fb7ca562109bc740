/** Unknown commands: found before anything is loaded for them, with the nearest real one named. */
import { RaftctlError } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';

/**
 * The words of a command that does not exist, or null when they name a command or a topic.
 *
 * @param ids commands as oclif knows them: `cluster:up`.
 */
export function unknownCommand(argv: readonly string[], ids: readonly string[]): string | null {
  const words: string[] = [];
  for (const word of argv) {
    if (word.startsWith('-')) break;
    words.push(word);
  }
  const [topic, verb] = words;
  if (topic === undefined || ids.includes(topic)) return null;
  const isTopic = ids.some((id) => id.startsWith(`${topic}:`));
  if (!isTopic) return topic;
  if (verb === undefined || ids.includes(`${topic}:${verb}`)) return null;
  return `${topic} ${verb}`;
}

/** The command or topic closest to what was typed, in words; null when none is near. */
export function nearestCommand(typed: string, ids: readonly string[]): string | null {
  const topics = ids.filter((id) => id.includes(':')).map((id) => id.slice(0, id.indexOf(':')));
  const words = new Set([...topics, ...ids].map((id) => id.replaceAll(':', ' ')));
  return nearestWord(typed, words);
}

/**
 * What is too much in a line that oclif takes for a command which does not exist: flags in the
 * place of a command, or words behind one that takes none.
 *
 * @param typed words of the supposed command.
 */
export function tooMuch(typed: readonly string[], ids: readonly string[]): RaftctlError | null {
  const [first = ''] = typed;
  if (first.startsWith('-')) {
    return new RaftctlError('USAGE', {
      message: `Unknown flag: ${first}`,
      hint: 'A command comes first: raftctl help',
    });
  }
  const taken = [...typed.keys()].find((i) => ids.includes(typed.slice(0, i + 1).join(':')));
  if (taken === undefined || taken + 1 === typed.length) return null;
  const extra = typed.slice(taken + 1);
  const command = typed.slice(0, taken + 1).join(' ');
  return new RaftctlError('USAGE', {
    message: `Unexpected argument${extra.length === 1 ? '' : 's'}: ${extra.join(', ')}`,
    hint: `See what it takes: raftctl ${command} --help`,
  });
}

/** @throws {RaftctlError} UNKNOWN_COMMAND */
export function refuseUnknown(argv: readonly string[], ids: readonly string[]): void {
  const unknown = unknownCommand(argv, ids);
  if (unknown === null) return;
  const nearest = nearestCommand(unknown, ids);
  throw new RaftctlError('UNKNOWN_COMMAND', {
    message: `Unknown command: raftctl ${unknown}`,
    hint:
      nearest === null
        ? 'Run: raftctl help'
        : `Did you mean: raftctl ${nearest}? All commands: raftctl help`,
  });
}
