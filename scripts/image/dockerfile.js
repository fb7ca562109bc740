/** Reads a Dockerfile, as far as ours goes: stages, instructions, exec forms. */

/** @returns the stages in their order: `{ from, name, steps: [{ word, args, text }] }`. */
export function stagesOf(text) {
  const stages = [];
  for (const line of text.split('\n')) {
    const match = /^([A-Z]+)\s+(.*)$/.exec(line);
    if (match === null) continue;
    const [, word, rest] = match;
    if (word === 'FROM') {
      const [from, , name = null] = rest.split(/\s+/);
      stages.push({ from, name, steps: [] });
    } else {
      stages.at(-1).steps.push({ word, text: rest, args: argsOf(rest) });
    }
  }
  return stages;
}

/** Words, or what an exec form lists. */
function argsOf(text) {
  const list = text.slice(text.indexOf('['));
  return text.includes('["') ? JSON.parse(list) : text.split(/\s+/);
}

/** `COPY --from=build a b to/`: where from (null: the context), what, and where to. */
export function copyOf({ text }) {
  const words = text.split(/\s+/);
  const from = words[0].startsWith('--from=') ? words.shift().slice('--from='.length) : null;
  return { from, to: words.pop(), what: words };
}
