/**
 * Reads EDN, the notation in which Jepsen keeps histories. Tags are passed over: what follows one
 * is read as it stands.
 */

/** A keyword with its colon, a symbol, or a number that is too large for a number here. */
export class Word {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Edn = null | boolean | number | string | Word | EdnList | EdnMap;

export type EdnList = readonly Edn[];

/** By the text of the key as EDN: `:type`, `"name"`, `3`. */
export type EdnMap = ReadonlyMap<string, Edn>;

export interface EdnForm {
  readonly value: Edn;
  /** Where it begins. */
  readonly at: number;
}

/** What cannot be read, and where. */
export class EdnError extends Error {
  override readonly name = 'EdnError';
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const DEPTH_MAX = 64;
const BLANK = /[\s,]/;
const ENDS_WORD = /[\s,()[\]{}";]/;
const INTEGER = /^[+-]?\d+N?$/;
const NUMBER = /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/;
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '#{': '}' };
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\' },
};

/** Reads a text form by form. */
export class EdnReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, from = 0) {
    this.#text = text;
    this.#at = from;
  }

  /** @returns the next form; null at the end. @throws {EdnError} when it is not EDN. */
  next(): EdnForm | null {
    if (!this.#toForm()) return null;
    const at = this.#at;
    return { value: this.#form(0), at };
  }

  /** Goes to where the next form begins; false: there is none. */
  #toForm(): boolean {
    const text = this.#text;
    for (;;) {
      while (this.#at < text.length && BLANK.test(text[this.#at] as string)) this.#at += 1;
      if (text[this.#at] === ';') {
        const end = text.indexOf('\n', this.#at);
        this.#at = end === -1 ? text.length : end;
      } else if (text.startsWith('#_', this.#at)) {
        this.#at += 2;
        if (!this.#toForm()) throw this.#error('nothing follows #_');
        this.#form(0);
      } else {
        return this.#at < text.length;
      }
    }
  }

  #form(depth: number): Edn {
    if (depth > DEPTH_MAX) throw this.#error(`more than ${DEPTH_MAX} levels`);
    const text = this.#text;
    const first = text[this.#at] as string;
    if (first === '"') return this.#string();
    if (first === '\\') return this.#character();
    if (first === '{') return this.#map(this.#items('{', depth));
    if (first === '(' || first === '[') return this.#items(first, depth);
    if (text.startsWith('#{', this.#at)) return this.#items('#{', depth);
    if (first === '#') {
      this.#word();
      if (!this.#toForm()) throw this.#error('nothing follows a tag');
      return this.#form(depth + 1);
    }
    if (first === ')' || first === ']' || first === '}') throw this.#error(`a lone ${first}`);
    return valueOfWord(this.#word());
  }

  #items(opener: string, depth: number): Edn[] {
    const start = this.#at;
    this.#at += opener.length;
    const items: Edn[] = [];
    while (this.#toForm()) {
      if (this.#text[this.#at] === CLOSERS[opener]) {
        this.#at += 1;
        return items;
      }
      items.push(this.#form(depth + 1));
    }
    throw new EdnError(`nothing closes ${opener}`, start);
  }

  #map(items: readonly Edn[]): EdnMap {
    if (items.length % 2 === 1) throw this.#error('a map with a key and no value');
    const map = new Map<string, Edn>();
    for (let at = 0; at < items.length; at += 2) {
      map.set(printEdn(items[at] as Edn), items[at + 1] as Edn);
    }
    return map;
  }

  #string(): string {
    const start = this.#at;
    let value = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at] as string;
      if (char === '"') {
        this.#at += 1;
        return value;
      }
      value += char === '\\' ? this.#escape() : char;
    }
    throw new EdnError('nothing closes "', start);
  }

  /** Leaves `at` on the last character of the escape. */
  #escape(): string {
    this.#at += 1;
    const char = this.#text[this.#at] ?? '';
    if (char !== 'u') {
      const value = ESCAPES[char];
      if (value === undefined) throw this.#error(`\\${char} is no escape`);
      return value;
    }
    const digits = this.#text.slice(this.#at + 1, this.#at + 5);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error('\\u wants four hexadecimal digits');
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #character(): string {
    this.#at += 1;
    const first = this.#text[this.#at] ?? '';
    this.#at += 1;
    const rest = this.#word();
    const named: Record<string, string> = { newline: '\n', space: ' ', tab: '\t', return: '\r' };
    return rest === '' ? first : (named[first + rest] ?? first);
  }

  /** What reaches to the next blank or bracket. */
  #word(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !ENDS_WORD.test(this.#text[this.#at] as string)) {
      this.#at += 1;
    }
    return this.#text.slice(start, this.#at);
  }

  #error(message: string): EdnError {
    return new EdnError(message, this.#at);
  }
}

function valueOfWord(word: string): Edn {
  if (word === 'nil') return null;
  if (word === 'true' || word === 'false') return word === 'true';
  if (!NUMBER.test(word) && !INTEGER.test(word)) return new Word(word);
  const digits = word.replace(/^\+|[NM]$/g, '');
  const value = Number(digits);
  return INTEGER.test(word) && !Number.isSafeInteger(value) ? new Word(digits) : value;
}

/** One way to write a value, the same for equal values. */
export function printEdn(value: Edn): string {
  if (value === null) return 'nil';
  if (value instanceof Word) return value.text;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (isEdnMap(value)) {
    return `{${[...value].map(([key, item]) => `${key} ${printEdn(item)}`).join(' ')}}`;
  }
  return `[${value.map(printEdn).join(' ')}]`;
}

export function isEdnMap(value: Edn | undefined): value is EdnMap {
  return value instanceof Map;
}

export function isEdnList(value: Edn | undefined): value is EdnList {
  return Array.isArray(value);
}
