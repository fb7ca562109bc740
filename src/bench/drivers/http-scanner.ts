/**
 * Finds the ends of HTTP/1.1 responses: status, length, and the body skipped, whole or in chunks.
 * Bytes may be cut anywhere.
 *
 * ```
 *  head -> body of the length it says                              -> done
 *       -> size of a chunk -> chunk -> line end -> size of a chunk ... 0 -> trailer lines -> done
 * ```
 */
import type { ReplyKind, ReplyScanner, ReplySink } from './driver.ts';

const LF = 10;
const CR = 13;
const HEAD_BYTES_MAX = 16 * 1024;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})/;
const LENGTH = /^content-length:[ \t]*(\d{1,15})[ \t]*$/i;
const CHUNKED = /^transfer-encoding:[ \t]*chunked[ \t]*$/i;
const CHUNK_SIZE = /^([0-9a-f]{1,8})(?:;.*)?$/i;
/** A key that is not there is read as the empty string: `{"k":""}` ends with these bytes. */
const EMPTY_VALUE_END = ':""}';

export class HttpScanner implements ReplyScanner {
  /** How the body of a read that found nothing ends. */
  readonly #missingEnd: string;
  #line = '';
  #headBytes = 0;
  #status = 0;
  /** Bytes of the body still to come; -1: reading the head. */
  #body = -1;
  #length = -1;
  #tail = '';
  #isChunked = false;
  #isInChunks = false;
  /** Of a chunked body, what the next line is. */
  #expects: 'size' | 'chunkEnd' | 'trailer' = 'size';

  constructor(missingEnd = EMPTY_VALUE_END) {
    this.#missingEnd = missingEnd;
  }

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
      if (this.#body === 0) this.#endBody(sink);
    }
    return true;
  }

  #endBody(sink: ReplySink): void {
    if (!this.#isChunked) {
      this.#endResponse(sink);
      return;
    }
    // The end of the last chunk's trailer, or of any other chunk.
    if (this.#expects === 'trailer') this.#endResponse(sink);
    else {
      this.#body = -1;
      this.#expects = 'chunkEnd';
    }
  }

  #readBody(chunk: Uint8Array, at: number, size: number): number {
    const step = Math.min(this.#body, size - at);
    const tailBytes = this.#missingEnd.length;
    const from = Math.max(at, at + step - tailBytes);
    for (let i = from; i < at + step; i += 1) this.#tail += String.fromCharCode(chunk[i] as number);
    if (this.#tail.length > tailBytes) this.#tail = this.#tail.slice(-tailBytes);
    this.#body -= step;
    return at + step;
  }

  #endLine(): boolean {
    const line = this.#line;
    this.#line = '';
    if (this.#isInChunks) return this.#endChunkLine(line);
    if (this.#status === 0) {
      this.#status = Number(STATUS_LINE.exec(line)?.[1] ?? 0);
      return this.#status > 0;
    }
    if (line !== '') {
      const length = LENGTH.exec(line);
      if (length !== null) this.#length = Number(length[1]);
      if (CHUNKED.test(line)) this.#isChunked = true;
      return true;
    }
    const hasNoBody = this.#status === 204 || this.#status === 304;
    if (hasNoBody) this.#isChunked = false;
    else if (this.#isChunked) {
      this.#isInChunks = true;
      this.#headBytes = 0;
      return true;
    } else if (this.#length < 0) return false;
    this.#body = hasNoBody ? 0 : this.#length;
    return true;
  }

  /** @returns false when it is no line of a chunked body. */
  #endChunkLine(line: string): boolean {
    this.#headBytes = 0;
    switch (this.#expects) {
      case 'chunkEnd':
        this.#expects = 'size';
        return line === '';
      case 'trailer':
        if (line === '') this.#body = 0;
        return true;
      case 'size': {
        const size = CHUNK_SIZE.exec(line)?.[1];
        if (size === undefined) return false;
        const bytes = Number.parseInt(size, 16);
        if (bytes === 0) this.#expects = 'trailer';
        else this.#body = bytes;
        return true;
      }
    }
  }

  #endResponse(sink: ReplySink): void {
    const status = this.#status;
    let kind: ReplyKind = 'error';
    if (status < 400) kind = this.#tail === this.#missingEnd ? 'missing' : 'ok';
    if (status === 404) kind = 'missing';
    this.#headBytes = 0;
    this.#status = 0;
    this.#body = -1;
    this.#length = -1;
    this.#tail = '';
    this.#isChunked = false;
    this.#isInChunks = false;
    this.#expects = 'size';
    sink.onReply(kind, kind === 'error' ? `HTTP-${status}` : '');
  }
}
