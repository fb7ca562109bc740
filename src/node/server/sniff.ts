/**
 * Which dialect a connection speaks, decided once, on its first line or 64 bytes (decision 7):
 * `*` RESP; a TLS hello; a line that ends in ` HTTP/1.x`; anything else is a RESP inline command.
 */
import type { Bytes } from '../../std/bytes.ts';

export type Dialect = 'resp' | 'http' | 'tls';

const STAR = 42;
const LF = 10;
const SNIFF_BYTES = 64;

/** A request line that is cut off can be told by its beginning only. */
const HTTP_START =
  /^(?:GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH|CONNECT|TRACE) (?:\/|\*|https?:\/\/)/;
const HTTP_END = / HTTP\/1\.[0-9]\r?$/;

/** @returns the dialect, or null when more bytes are needed. */
export function sniffDialect(bytes: Bytes): Dialect | null {
  if (bytes.length === 0) return null;
  if (bytes[0] === STAR) return 'resp';
  if (bytes[0] === 0x16) {
    if (bytes.length < 2) return null;
    if (bytes[1] === 0x03) return 'tls';
  }
  const newline = bytes.indexOf(LF);
  if (newline >= 0) {
    // Only the end of a line can name HTTP, however long the path before it is.
    const tail = bytes.toString('latin1', Math.max(0, newline - 16), newline);
    return HTTP_END.test(tail) ? 'http' : 'resp';
  }
  if (bytes.length < SNIFF_BYTES) return null;
  return HTTP_START.test(bytes.toString('latin1', 0, SNIFF_BYTES)) ? 'http' : 'resp';
}
