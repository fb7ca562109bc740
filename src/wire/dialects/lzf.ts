/** LZF, which compresses strings in Redis's files: literals, and references to what was written. */
import { allocBytes, type Bytes } from '../../std/bytes.ts';

/** @returns null when the bytes are not the compressed form of exactly `length` bytes. */
export function expandLzf(packed: Bytes, length: number): Bytes | null {
  const out = allocBytes(length);
  let at = 0;
  let to = 0;
  while (at < packed.length) {
    const control = packed[at] as number;
    at += 1;
    if (control < 32) {
      const count = control + 1;
      if (at + count > packed.length || to + count > length) return null;
      packed.copy(out, to, at, at + count);
      at += count;
      to += count;
      continue;
    }
    let count = control >> 5;
    if (count === 7) {
      count += packed[at] ?? 0;
      at += 1;
    }
    count += 2;
    const from = to - ((control & 31) << 8) - (packed[at] ?? 0) - 1;
    at += 1;
    if (at > packed.length || from < 0 || to + count > length) return null;
    // Byte by byte: a reference may overlap what it writes.
    for (let i = 0; i < count; i += 1) out[to + i] = out[from + i] as number;
    to += count;
  }
  return to === length ? out : null;
}
