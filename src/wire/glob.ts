/**
 * Redis's patterns over byte strings: `*` any run, `?` any one, `[a-c]`, `[^x]`, `\` takes the next
 * literally. Of several stars only the last one is ever taken back, so a match costs at most text
 * times pattern; the steps are counted for callers that match many texts.
 */
const STAR = 42;
const QUESTION = 63;
const OPEN = 91;
const CLOSE = 93;
const BACKSLASH = 92;
const CARET = 94;
const MINUS = 45;

export class Glob {
  readonly #pattern: string;
  /** Where the element that was tried last ends. */
  #elementEnd = 0;
  /** Elements tried, over all matches. */
  steps = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  matches(text: string): boolean {
    const pattern = this.#pattern;
    let t = 0;
    let p = 0;
    let star = -1;
    let starText = 0;
    while (t < text.length) {
      this.steps += 1;
      if (p < pattern.length && pattern.charCodeAt(p) === STAR) {
        p += 1;
        star = p;
        starText = t;
      } else if (p < pattern.length && this.#element(p, text.charCodeAt(t))) {
        p = this.#elementEnd;
        t += 1;
      } else if (star >= 0) {
        starText += 1;
        t = starText;
        p = star;
      } else {
        return false;
      }
    }
    while (p < pattern.length && pattern.charCodeAt(p) === STAR) p += 1;
    return p === pattern.length;
  }

  /** Whether the element at `p` takes the character; `#elementEnd` is behind it then. */
  #element(p: number, char: number): boolean {
    const pattern = this.#pattern;
    const first = pattern.charCodeAt(p);
    this.#elementEnd = p + 1;
    if (first === QUESTION) return true;
    if (first === OPEN) return this.#set(p + 1, char);
    if (first !== BACKSLASH || p + 1 === pattern.length) return first === char;
    this.#elementEnd = p + 2;
    return pattern.charCodeAt(p + 1) === char;
  }

  /** A set that is not closed ends with the pattern, as in Redis. */
  #set(from: number, char: number): boolean {
    const pattern = this.#pattern;
    const end = pattern.length;
    let p = from;
    const negated = pattern.charCodeAt(p) === CARET;
    if (negated) p += 1;
    let found = false;
    while (p < end && pattern.charCodeAt(p) !== CLOSE) {
      this.steps += 1;
      const low = pattern.charCodeAt(p);
      if (low === BACKSLASH && p + 1 < end) {
        found ||= pattern.charCodeAt(p + 1) === char;
        p += 2;
      } else if (pattern.charCodeAt(p + 1) === MINUS && p + 2 < end) {
        const high = pattern.charCodeAt(p + 2);
        found ||= char >= Math.min(low, high) && char <= Math.max(low, high);
        p += 3;
      } else {
        found ||= low === char;
        p += 1;
      }
    }
    this.#elementEnd = Math.min(p + 1, end);
    return found !== negated;
  }
}
