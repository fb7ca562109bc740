/**
 * Which dialect a connection speaks, decided once, on its first line or 64 bytes (decision 7):
 * `*` RESP; a TLS hello; a line that ends in ` HTTP/1.x`; a command of raft-demo; anything else is
 * a RESP inline command, on a port of raft-demo a command of it that makes no sense.
 */
import type { Bytes } from '../../std/bytes.ts';
import { isDemoLine, isDemoTag } from '../../wire/dialects/raft-demo-stream.ts';

/** `chat` is never told by first bytes: who only listens says nothing. */
export type Dialect = 'resp' | 'http' | 'tls' | 'demo' | 'chat';

const STAR = 42;
const QUOTE = 0x22;
const LF = 10;
const SNIFF_BYTES = 64;

/** A request line that is cut off can be told by its beginning only. */
const HTTP_START =
  /^(?:GET|POST|PUT|DELETE|HEAD|OPTIONS|PATCH|CONNECT|TRACE) (?:\/|\*|https?:\/\/)/;
const HTTP_END = / HTTP\/1\.[0-9]\r?$/;

/**
 * @param usual what a line is that says nothing else.
 * @returns the dialect, or null when more bytes are needed.
 */
export function sniffDialect(bytes: Bytes, usual: 'resp' | 'demo' = 'resp'): Dialect | null {
  if (bytes.length === 0) return null;
  const first = bytes[0] as number;
  if (first === STAR) return 'resp';
  // A quote may begin an inline command too.
  if (isDemoTag(first) && (usual === 'demo' || first !== QUOTE)) return 'demo';
  if (first === 0x16) {
    if (bytes.length < 2) return null;
    if (bytes[1] === 0x03) return 'tls';
  }
  const newline = bytes.indexOf(LF);
  if (newline >= 0) {
    // Only the end of a line can name HTTP, however long the path before it is.
    const tail = bytes.toString('latin1', Math.max(0, newline - 16), newline);
    if (HTTP_END.test(tail)) return 'http';
    return isDemoLine(startOf(bytes)) ? 'demo' : usual;
  }
  if (bytes.length < SNIFF_BYTES) return null;
  const start = startOf(bytes);
  if (HTTP_START.test(start)) return 'http';
  return isDemoLine(start) ? 'demo' : usual;
}

function startOf(bytes: Bytes): string {
  return bytes.toString('latin1', 0, SNIFF_BYTES);
}
