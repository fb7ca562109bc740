/**
 * Answers of raft-demo's servers. A write is answered by words that no read is, and the other way
 * round as far as the generation goes: what cannot belong to the request that waits is never taken.
 *
 * ```
 *  A, B   OK             <value>          ERROR: <reason>    404-cmd not found
 *  C      OK:            OK: <value>      ERROR: <reason>
 * ```
 */
import { DEMO_NONSENSE } from '../../wire/dialects/raft-demo-entry.ts';
import type { Awaited, ReplyKind, ReplyScanner, ReplySink } from './driver.ts';

const LF = 10;
const NUL = 0;
const FAILURE = 'ERROR: ';
const DONE = 'OK';
const GREETED = 'OK: ';
/** As much of a line is kept as tells what it is. */
const HEAD_BYTES_MAX = DEMO_NONSENSE.length;

/** What a line says; null: it is no answer to what waits. */
function kindOf(head: string, awaits: Awaited): ReplyKind | null {
  if (head.startsWith(FAILURE) || `${head}\n` === DEMO_NONSENSE) return 'error';
  if (awaits === 'write') return head === DONE ? 'ok' : null;
  return valueKind(head.length === 0 ? NUL : head.charCodeAt(0));
}

/** An empty value is of no key, and one of zeros of no slot. */
function valueKind(first: number): ReplyKind {
  return first === NUL ? 'missing' : 'ok';
}

function wordOf(head: string): string {
  return head.startsWith(FAILURE) ? 'ERROR' : '404';
}

function textOf(chunk: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i += 1) text += String.fromCharCode(chunk[i] as number);
  return text;
}

/** A: lines on a connection, one for each request. Bytes may be cut anywhere. */
export class DemoLineAnswers implements ReplyScanner {
  #head = '';

  push(chunk: Uint8Array, size: number, sink: ReplySink): boolean {
    let at = 0;
    while (at < size) {
      const found = chunk.indexOf(LF, at);
      const end = found < 0 || found >= size ? size : found;
      const room = HEAD_BYTES_MAX - this.#head.length;
      this.#head += textOf(chunk, at, Math.min(end, at + room));
      if (end === size) return true;
      const awaits = sink.awaits ?? null;
      const kind = awaits === null ? null : kindOf(this.#head, awaits);
      if (kind === null) return false;
      const word = kind === 'error' ? wordOf(this.#head) : '';
      this.#head = '';
      at = end + 1;
      sink.onReply(kind, word);
    }
    return true;
  }
}

/** B: a datagram is what a line of A is, newline and all. */
export class DemoTextAnswers implements ReplyScanner {
  push(datagram: Uint8Array, size: number, sink: ReplySink): boolean {
    const end = size - 1;
    const awaits = sink.awaits ?? null;
    if (datagram[end] !== LF || awaits === null) return false;
    const head = textOf(datagram, 0, Math.min(end, HEAD_BYTES_MAX));
    const kind = kindOf(head, awaits);
    if (kind === null) return false;
    sink.onReply(kind, kind === 'error' ? wordOf(head) : '');
    return true;
  }
}

/** C: the same, and a value has `OK: ` before it. */
export class DemoBinaryAnswers implements ReplyScanner {
  push(datagram: Uint8Array, size: number, sink: ReplySink): boolean {
    const end = size - 1;
    const awaits = sink.awaits ?? null;
    if (datagram[end] !== LF || awaits === null) return false;
    const head = textOf(datagram, 0, Math.min(end, HEAD_BYTES_MAX));
    if (head.startsWith(FAILURE)) {
      sink.onReply('error', wordOf(head));
      return true;
    }
    if (!head.startsWith(GREETED)) return false;
    const isEmpty = head === GREETED;
    if (awaits === 'write' && !isEmpty) return false;
    const first = isEmpty ? NUL : head.charCodeAt(GREETED.length);
    sink.onReply(awaits === 'write' ? 'ok' : valueKind(first), '');
    return true;
  }
}
