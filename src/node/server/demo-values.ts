/**
 * How values of raft-demo's clients lie in the log and the state: as they came, or compressed. What
 * is compressed bears a mark, a comment in the head of gzip's format, so that it can be told from
 * a client's own compressed value; a value that already begins so is compressed in any case.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { bytesFrom, concatBytes } from '../../std/bytes.ts';

export interface DemoValues {
  /** Latin1, one character a byte, as all values. */
  stored(value: string): string;
  plain(value: string): string;
}

const GZIP_HEAD_BYTES = 10;
const FLAGS_AT = 3;
const COMMENT_FLAG = 16;
const COMMENT = bytesFrom('raftctl\0', 'latin1');
const MARK = bytesFrom('\x1f\x8b\x08\x10', 'latin1').toString('latin1');

/** @param filler what every value becomes; null: none. */
export function demoValues(compress: boolean, filler: string | null = null): DemoValues {
  if (filler !== null) return { stored: () => filler, plain: (value) => value };
  return {
    stored: (value) => (compress || isMarked(value) ? squeeze(value) : value),
    plain: plainValue,
  };
}

/** The value as the client sent it. */
export function plainValue(stored: string): string {
  return isMarked(stored) ? gunzipSync(bytesFrom(stored, 'latin1')).toString('latin1') : stored;
}

function isMarked(value: string): boolean {
  return value.startsWith(MARK) && value.startsWith(COMMENT.toString('latin1'), GZIP_HEAD_BYTES);
}

function squeeze(value: string): string {
  const bytes = gzipSync(bytesFrom(value, 'latin1'));
  const head = bytes.subarray(0, GZIP_HEAD_BYTES);
  head[FLAGS_AT] = COMMENT_FLAG;
  return concatBytes([head, COMMENT, bytes.subarray(GZIP_HEAD_BYTES)]).toString('latin1');
}
