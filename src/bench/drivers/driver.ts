/**
 * What a protocol must provide to be measured: its two requests as templates, and a scanner that
 * finds where replies end. Neither allocates per request.
 *
 * ```
 *  template   SET key:000000000000 xxxxxxxx      made once
 *                     ~~~~~~~~~~~~               patched for each request, always as wide
 * ```
 */
import { assert } from '../../std/assert.ts';

/** Digits of a key's number; every key is as long as every other. */
export const KEY_DIGITS = 12;
/** Of a UDP port; shorter ones begin with zeros. */
export const PORT_DIGITS = 5;
export const KEY_NUMBER_MAX = 10 ** KEY_DIGITS - 1;
/** Of what values begin with that are to be read back. A multiple of three: see `stampPlaceOf`. */
export const MARK_LETTERS = 9;
/** Such a value is at least as long. */
export const MARKED_BYTES_MIN = MARK_LETTERS + KEY_DIGITS;

const ZERO = 48;

/** One request with the places of its keys' numbers in it. */
export interface Template {
  readonly bytes: Buffer;
  /** Offset of the first digit of each key's number: of the key, of the one behind it, ... */
  readonly digitsAt: readonly number[];
  readonly digits: DigitForm;
  /** Offset of the UDP port that the answer is to come to; left out: it comes on the connection. */
  readonly portAt?: number;
}

/** As they are, or as base64 has them: four characters for three digits. */
export type DigitForm = 'decimal' | 'base64';

/** What became of a request, as far as its reply tells. */
export type ReplyKind = 'ok' | 'missing' | 'error';

/** What a request asks for, whose answer is the next. */
export type Awaited = 'write' | 'read';

export interface ReplySink {
  /** Null: nothing was asked. Left out: nobody knows. */
  readonly awaits?: Awaited | null;
  /** @param word what names an error: its first word, or its HTTP status. Empty otherwise. */
  onReply(kind: ReplyKind, word: string): void;
}

export interface ReplyScanner {
  /** What shows a token on a new connection, and is answered once; left out: requests bear it. */
  readonly greeting?: (token: string) => string;
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
  /** Keys of following numbers that a read asks for. */
  readonly scanLength: number;
  /** Whether a write returns what was there before. */
  readonly modify: boolean;
  /** A token that requests bear, where connections have no greeting. */
  readonly bearer?: string;
  /** Whether a read may be of a node's own state, however old. */
  readonly stale: boolean;
}

export interface Driver {
  /** What it can do besides writes of one key. */
  readonly can: {
    readonly scan: boolean;
    readonly modify: boolean;
    readonly stale: boolean;
    readonly linearizable: boolean;
  };
  /**
   * Where answers come: in the order of the requests on their connection, which is one to one
   * target; or each by itself to the UDP port that its request names, when requests go to all
   * targets. A scanner is then given whole datagrams, each of which is one answer.
   */
  readonly answersBy: 'connection' | 'datagram';
  /** Where there is TLS: only a certificate says who asks, as there is no place for a token. */
  readonly needsCertificate?: boolean;
  /** Requests of one client under way in an open loop, unless it is said; left out: many. */
  readonly openWindow?: number;
  /** When a write is answered: once it is committed, or as soon as it was taken in. */
  readonly answersWrites: 'committed' | 'taken';
  /** What of a load this protocol cannot, and why; left out, or null: nothing. */
  readonly refusal?: (load: LoadShape) => Refusal | null;
  write(shape: RequestShape): Template;
  read(shape: RequestShape): Template;
  createScanner(): ReplyScanner;
}

/** What a driver may have to refuse. */
export interface LoadShape {
  readonly clients: number;
  readonly pipeline: number;
  readonly keyPrefix: string;
  /** Of the largest value. */
  readonly dataBytes: number;
  /** Whether values are read. */
  readonly reads: boolean;
}

export interface Refusal {
  /** The flag. */
  readonly key: string;
  readonly why: string;
}

/** A template of the text that `parts` make, with the zeros of a key's number between them. */
export function templateOf(form: DigitForm, ...parts: readonly string[]): Template {
  const zeros = Buffer.alloc(KEY_DIGITS, ZERO);
  const digits = form === 'decimal' ? zeros : Buffer.from(zeros.toString('base64'));
  const pieces: Buffer[] = [];
  const digitsAt: number[] = [];
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const text = Buffer.from(part, 'utf8');
    const isLast = i === parts.length - 1;
    pieces.push(text, ...(isLast ? [] : [digits]));
    if (!isLast) digitsAt.push(at + text.length);
    at += text.length + digits.length;
  }
  return { bytes: Buffer.concat(pieces), digitsAt, digits: form };
}

/** Where in a template a value's own number lies. */
export interface StampPlace {
  readonly at: number;
  readonly form: DigitForm;
}

/** Requires: the value begins with the mark, whose length is a multiple of three, and zeros. */
export function stampPlaceOf({ bytes }: Template, mark: string): StampPlace {
  const zeros = '0'.repeat(KEY_DIGITS);
  const plain = bytes.indexOf(mark + zeros);
  if (plain >= 0) return { at: plain + mark.length, form: 'decimal' };
  const coded = bytes.indexOf(Buffer.from(mark + zeros).toString('base64'));
  assert(coded >= 0, 'a value lies in its request as it is, or as base64');
  return { at: coded + (mark.length / 3) * 4, form: 'base64' };
}

/** Puts the number of a value into the request that begins at `first`. */
export function putStamp(out: Buffer, first: number, place: StampPlace, stamp: number): void {
  if (place.form === 'decimal') putDigits(out, first + place.at, stamp);
  else putBase64(out, first + place.at, stamp);
}

/** Puts a request for one key at `at`. Requires: there is room. @returns where it ends. */
export function putRequest(out: Buffer, at: number, template: Template, key: number): number {
  template.bytes.copy(out, at);
  const { digitsAt, digits } = template;
  for (let i = 0; i < digitsAt.length; i += 1) {
    const first = at + (digitsAt[i] as number);
    if (digits === 'decimal') putDigits(out, first, key + i);
    else putBase64(out, first, key + i);
  }
  return at + template.bytes.length;
}

/** Puts a UDP port into a request, at its first digit. */
export function putPort(out: Buffer, first: number, port: number): void {
  let rest = port;
  for (let at = first + PORT_DIGITS - 1; at >= first; at -= 1) {
    out[at] = ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
}

function putDigits(out: Buffer, first: number, key: number): void {
  let rest = key;
  // The leading digits are zeros already: most keys are far shorter than the field.
  for (let digit = first + KEY_DIGITS - 1; rest > 0; digit -= 1) {
    const tenth = rest < 0x7fff_ffff ? (rest / 10) | 0 : Math.floor(rest / 10);
    out[digit] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
}

/** Of 000, 001, ... 999, four characters each. */
const GROUPS = Buffer.from(
  Array.from({ length: 1000 }, (_, n) => {
    return Buffer.from(String(n).padStart(3, '0')).toString('base64');
  }).join(''),
);

function putBase64(out: Buffer, first: number, key: number): void {
  let rest = key;
  for (let at = first + (KEY_DIGITS / 3) * 4 - 4; rest > 0; at -= 4) {
    const thousandth = Math.floor(rest / 1000);
    GROUPS.copy(out, at, (rest - thousandth * 1000) * 4, (rest - thousandth * 1000) * 4 + 4);
    rest = thousandth;
  }
}
