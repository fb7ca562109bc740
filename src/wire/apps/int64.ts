/** Signed 64-bit numbers as Redis reads and adds them. */
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;
const INT64_MIN = -0x8000_0000_0000_0000n;
const ZERO = 48;
const NINE = 57;
const MINUS = 45;

/**
 * Reads a signed 64-bit decimal as strictly as Redis does: no sign `+`, no blanks, no leading
 * zeros, no `-0`.
 * @returns a number when it is exact, else a bigint, or null when the text is no such number.
 */
export function parseInt64(text: string): number | bigint | null {
  const length = text.length;
  if (length === 0 || length > 20) return null;
  const negative = text.charCodeAt(0) === MINUS;
  const from = negative ? 1 : 0;
  const first = text.charCodeAt(from);
  if (from === length) return null;
  if (first === ZERO) return length === 1 ? 0 : null;
  let value = 0;
  for (let i = from; i < length; i += 1) {
    const digit = text.charCodeAt(i);
    if (digit < ZERO || digit > NINE) return null;
    value = value * 10 + (digit - ZERO);
  }
  if (length - from <= 15) return negative ? -value : value;
  const exact = BigInt(text);
  return exact > INT64_MAX || exact < INT64_MIN ? null : narrow(exact);
}

/** @returns the sum, or null when it does not fit 64 bits. */
export function addInt64(a: number | bigint, b: number | bigint): number | bigint | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const exact = BigInt(a) + BigInt(b);
  return exact > INT64_MAX || exact < INT64_MIN ? null : narrow(exact);
}

function narrow(exact: bigint): number | bigint {
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}
