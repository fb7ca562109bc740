/**
 * What a protocol must provide to be measured: its two requests as templates, and a scanner that
 * finds where replies end. Neither allocates per request.
 *
 * ```
 *  template   SET key:000000000000 xxxxxxxx      made once
 *                     ~~~~~~~~~~~~               patched for each request, always as wide
 * ```
 */

/** Digits of a key's number; every key is as long as every other. */
export const KEY_DIGITS = 12;
export const KEY_NUMBER_MAX = 10 ** KEY_DIGITS - 1;

const ZERO = 48;

/** One request with the place of the key's number in it. */
export interface Template {
  readonly bytes: Buffer;
  /** Offset of the first digit of the key's number. */
  readonly digitsAt: number;
}

/** What became of a request, as far as its reply tells. */
export type ReplyKind = 'ok' | 'missing' | 'error';

export interface ReplySink {
  /** @param word what names an error: its first word, or its HTTP status. Empty otherwise. */
  onReply(kind: ReplyKind, word: string): void;
}

export interface ReplyScanner {
  /**
   * Reads the first `size` bytes of `chunk` and calls the sink for every reply that ends in them.
   *
   * @returns false when the bytes are no replies of this protocol; the scanner is then of no use.
   */
  push(chunk: Uint8Array, size: number, sink: ReplySink): boolean;
}

export interface RequestShape {
  readonly host: string;
  readonly keyPrefix: string;
  readonly value: string;
}

export interface Driver {
  write(shape: RequestShape): Template;
  read(shape: RequestShape): Template;
  createScanner(): ReplyScanner;
}

/** A template of the text that `parts` make around the zeros of the key's number. */
export function templateOf(before: string, after: string): Template {
  const head = Buffer.from(before, 'utf8');
  const digits = Buffer.alloc(KEY_DIGITS, ZERO);
  return {
    bytes: Buffer.concat([head, digits, Buffer.from(after, 'utf8')]),
    digitsAt: head.length,
  };
}

/** Puts a request for one key at `at`. Requires: there is room. @returns where it ends. */
export function putRequest(out: Buffer, at: number, template: Template, key: number): number {
  template.bytes.copy(out, at);
  const first = at + template.digitsAt;
  let rest = key;
  // The leading digits are zeros already: most keys are far shorter than the field.
  for (let digit = first + KEY_DIGITS - 1; rest > 0; digit -= 1) {
    const tenth = rest < 0x7fff_ffff ? (rest / 10) | 0 : Math.floor(rest / 10);
    out[digit] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  return at + template.bytes.length;
}
