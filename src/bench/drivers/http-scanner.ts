/**
 * Finds the ends of HTTP/1.1 responses: status, length, and the body skipped. Bytes may be cut
 * anywhere. A response must say its length; nodes of raftctl do, chunked bodies are refused.
 */
import type { ReplyKind, ReplyScanner, ReplySink } from './driver.ts';

const LF = 10;
const CR = 13;
const HEAD_BYTES_MAX = 16 * 1024;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})/;
const LENGTH = /^content-length:[ \t]*(\d{1,15})[ \t]*$/i;
const CHUNKED = /^transfer-encoding:/i;
/** A key that is not there is read as the empty string: `{"k":""}` ends with these bytes. */
const EMPTY_VALUE_END = ':""}';
const BODY_TAIL_BYTES = EMPTY_VALUE_END.length;

export class HttpScanner implements ReplyScanner {
  #line = '';
  #headBytes = 0;
  #status = 0;
  /** Bytes of the body still to come; -1: reading the head. */
  #body = -1;
  #length = -1;
  #tail = '';

  push(chunk: Uint8Array, size: number, sink: ReplySink): boolean {
    let at = 0;
    while (at < size) {
      if (this.#body >= 0) at = this.#readBody(chunk, at, size);
      else {
        const byte = chunk[at] as number;
        at += 1;
        this.#headBytes += 1;
        if (this.#headBytes > HEAD_BYTES_MAX) return false;
        if (byte !== LF && byte !== CR) this.#line += String.fromCharCode(byte);
        if (byte === LF && !this.#endLine()) return false;
      }
      if (this.#body === 0) this.#endResponse(sink);
    }
    return true;
  }

  #readBody(chunk: Uint8Array, at: number, size: number): number {
    const step = Math.min(this.#body, size - at);
    const from = Math.max(at, at + step - BODY_TAIL_BYTES);
    for (let i = from; i < at + step; i += 1) this.#tail += String.fromCharCode(chunk[i] as number);
    if (this.#tail.length > BODY_TAIL_BYTES) this.#tail = this.#tail.slice(-BODY_TAIL_BYTES);
    this.#body -= step;
    return at + step;
  }

  #endLine(): boolean {
    const line = this.#line;
    this.#line = '';
    if (this.#status === 0) {
      this.#status = Number(STATUS_LINE.exec(line)?.[1] ?? 0);
      return this.#status > 0;
    }
    if (line !== '') {
      const length = LENGTH.exec(line);
      if (length !== null) this.#length = Number(length[1]);
      return !CHUNKED.test(line);
    }
    const hasNoBody = this.#status === 204 || this.#status === 304;
    if (this.#length < 0 && !hasNoBody) return false;
    this.#body = hasNoBody ? 0 : this.#length;
    return true;
  }

  #endResponse(sink: ReplySink): void {
    const status = this.#status;
    let kind: ReplyKind = 'error';
    if (status < 400) kind = this.#tail === EMPTY_VALUE_END ? 'missing' : 'ok';
    if (status === 404) kind = 'missing';
    this.#headBytes = 0;
    this.#status = 0;
    this.#body = -1;
    this.#length = -1;
    this.#tail = '';
    sink.onReply(kind, kind === 'error' ? `HTTP-${status}` : '');
  }
}
