/**
 * Archives in the ustar format (POSIX.1-1988), with regular files only: what `tar` lists and
 * unpacks everywhere. Names are ASCII and at most 100 bytes, so none of the format's extensions is
 * needed.
 *
 * ```
 *  header 512   name 100 | mode 8 | uid 8 | gid 8 | size 12 | mtime 12 | checksum 8 | type 1 | link
 *               name 100 | "ustar" 0 "00" | ...
 *  content      rounded up to 512
 *  ...
 *  end          two blocks of zeros
 * ```
 */
import { assert } from './assert.ts';
import { type Bytes, bytesFrom, bytesView, concatBytes, zeroBytes } from './bytes.ts';

const BLOCK = 512;
const NAME_BYTES_MAX = 100;
/** Where fields begin in a header, and how long they are. */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;
const MAGIC = 'ustar\x0000';
const REGULAR = '0';

export interface TarFile {
  /** With forward slashes, relative. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** @param mtimeS Unix time that all files get, in whole seconds. */
export function packTar(files: readonly TarFile[], mtimeS: number): Bytes {
  const parts: Uint8Array[] = [];
  for (const { name, content } of files) {
    parts.push(headerOf(name, content.length, mtimeS), content);
    const rest = content.length % BLOCK;
    if (rest > 0) parts.push(zeroBytes(BLOCK - rest));
  }
  parts.push(zeroBytes(2 * BLOCK));
  return concatBytes(parts);
}

function headerOf(name: string, size: number, mtimeS: number): Bytes {
  assert(/^[\x21-\x7e]+$/.test(name), 'a name in an archive is printable ASCII without blanks');
  assert(name.length <= NAME_BYTES_MAX, 'a name in an archive has at most 100 bytes');
  const header = zeroBytes(BLOCK);
  const put = ([at]: readonly [number, number], text: string): void => {
    header.set(bytesFrom(text, 'latin1'), at);
  };
  const octal = (value: number, digits: number): string => {
    const text = value.toString(8).padStart(digits, '0');
    assert(text.length === digits, 'a number in an archive fits its field');
    return `${text}\0`;
  };
  put(FIELD.name, name);
  put(FIELD.mode, octal(0o600, 7));
  put(FIELD.uid, octal(0, 7));
  put(FIELD.gid, octal(0, 7));
  put(FIELD.size, octal(size, 11));
  put(FIELD.mtime, octal(mtimeS, 11));
  put(FIELD.type, REGULAR);
  put(FIELD.magic, MAGIC);
  put(FIELD.checksum, `${octal(checksumOf(header), 6)} `);
  return header;
}

/** The sum of all bytes, with blanks in the place of the checksum itself. */
function checksumOf(header: Uint8Array): number {
  const [from, length] = FIELD.checksum;
  let sum = 0;
  for (const [at, byte] of header.entries()) {
    sum += at >= from && at < from + length ? 0x20 : byte;
  }
  return sum;
}

/** The regular files of an archive; null: it is none, or is cut off or damaged. */
export function unpackTar(archive: Uint8Array): readonly TarFile[] | null {
  const files: TarFile[] = [];
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = bytesView(archive.subarray(at, at + BLOCK));
    if (header.every((byte) => byte === 0)) return files;
    const size = numberIn(header, FIELD.size);
    const isWhole = size !== null && at + BLOCK + size <= archive.length;
    if (!isWhole || numberIn(header, FIELD.checksum) !== checksumOf(header)) return null;
    const begin = at + BLOCK;
    const type = textIn(header, FIELD.type);
    if (type === REGULAR || type === '') {
      files.push({
        name: textIn(header, FIELD.name),
        content: archive.subarray(begin, begin + size),
      });
    }
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
  return null;
}

function textIn(header: Bytes, [at, length]: readonly [number, number]): string {
  const text = header.toString('latin1', at, at + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function numberIn(header: Bytes, field: readonly [number, number]): number | null {
  const text = textIn(header, field).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : null;
}
