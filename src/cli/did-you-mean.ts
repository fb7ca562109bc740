/** Unknown commands: found before anything is loaded for them, with the nearest real one named. */
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
