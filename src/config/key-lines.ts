/**
 * On which line of a TOML text a key stands. The parser tells positions of what it cannot read, but
 * not of what it could: an error about a value needs the line all the same.
 *
 * Requires: a text that the parser accepts. Only then is it safe to look at nothing but headers,
 * keys, quotes and brackets.
 */

export type KeyPath = readonly (string | number)[];

export class KeyLines {
  readonly #lines = new Map<string, number>();
  #table: KeyPath = [];
  readonly #arrayLengths = new Map<string, number>();

  constructor(text: string) {
    let line = 1;
    for (let at = 0; at < text.length; ) {
      const end = this.#readStatement(text, at, line);
      for (let i = at; i <= end; i += 1) if (text[i] === '\n') line += 1;
      at = end + 1;
    }
  }

  /** The line of the key, or of the nearest thing around it; 1 when nothing of it is there. */
  lineOf(path: KeyPath): number {
    for (let length = path.length; length > 0; length -= 1) {
      const line = this.#lines.get(nameOf(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }

  /** Reads what begins at `at`. @returns where its last line ends. */
  #readStatement(text: string, at: number, line: number): number {
    let begin = at;
    while (text[begin] === ' ' || text[begin] === '\t') begin += 1;
    const mark = text[begin];
    if (mark === '[') this.#readHeader(text, begin, line);
    if (mark === '[' || mark === '#' || mark === '\n' || mark === undefined) {
      const end = text.indexOf('\n', at);
      return end < 0 ? text.length : end;
    }
    const { keys, end } = readKeys(text, begin);
    this.#note([...this.#table, ...keys], line);
    return endOfValue(text, end);
  }

  #readHeader(text: string, at: number, line: number): void {
    const isArray = text.startsWith('[[', at);
    const { keys } = readKeys(text, at + (isArray ? 2 : 1));
    this.#table = this.#throughArrays(keys.slice(0, -1), keys[keys.length - 1] ?? '', isArray);
    this.#note(this.#table, line);
  }

  /** A header names the newest element of each array of tables on its way. */
  #throughArrays(parents: readonly string[], last: string, isArray: boolean): KeyPath {
    let path: (string | number)[] = [];
    for (const key of parents) {
      path = [...path, key];
      const length = this.#arrayLengths.get(nameOf(path));
      if (length !== undefined) path = [...path, length - 1];
    }
    path = [...path, last];
    if (!isArray) return path;
    const index = this.#arrayLengths.get(nameOf(path)) ?? 0;
    this.#arrayLengths.set(nameOf(path), index + 1);
    return [...path, index];
  }

  #note(path: KeyPath, line: number): void {
    for (let length = 1; length <= path.length; length += 1) {
      const name = nameOf(path.slice(0, length));
      if (!this.#lines.has(name) || length === path.length) this.#lines.set(name, line);
    }
  }
}

function nameOf(path: KeyPath): string {
  return JSON.stringify(path.map(String));
}

const KEY = /[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))[ \t]*([.=\]])/y;

/** Reads `a."b c".d` up to `=` or `]`. */
function readKeys(text: string, from: number): { readonly keys: readonly string[]; end: number } {
  const keys: string[] = [];
  KEY.lastIndex = from;
  for (;;) {
    const match = KEY.exec(text);
    if (match === null) return { keys, end: from };
    keys.push(match[1] ?? match[2] ?? match[3] ?? '');
    if (match[4] !== '.') return { keys, end: KEY.lastIndex };
  }
}

const MARKS =
  /"""(?:[^\\]|\\[\s\S])*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[[{\]}\n]/g;

/** Where the line ends on which a value ends: arrays and long strings may run over several. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  MARKS.lastIndex = from;
  for (let match = MARKS.exec(text); match !== null; match = MARKS.exec(text)) {
    const [mark] = match;
    if (mark === '[' || mark === '{') depth += 1;
    else if (mark === ']' || mark === '}') depth -= 1;
    else if (mark === '\n' && depth <= 0) return match.index;
  }
  return text.length;
}
