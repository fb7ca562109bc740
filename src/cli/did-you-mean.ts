/** Unknown commands: found before anything is loaded for them, with the nearest real one named. */

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
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.ceil(typed.length / 3)) + 1;
  for (const id of new Set([...topics, ...ids])) {
    const words = id.replaceAll(':', ' ');
    const distance = editDistance(typed, words);
    if (distance < bestDistance) {
      best = words;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions and replacements that lead from one word to the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
