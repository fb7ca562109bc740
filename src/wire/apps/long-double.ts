/**
 * The 80-bit floating point numbers of x86-64 C (`long double`: a mantissa of 64 bits), in which
 * Redis adds for INCRBYFLOAT. Done with integers, so that every replica gets the same digits on
 * every machine, and the digits are those of Redis.
 *
 * A number is `mantissa * 2^exponent`. Subnormal numbers are kept more exactly than C would; they
 * print as 0 either way.
 */
const MANTISSA_BITS = 64;
/** Largest power of two of a number, and of ten. */
const BINARY_EXPONENT_MAX = 16_384;
const DECIMAL_EXPONENT_MAX = 4932;
const DECIMAL_EXPONENT_MIN = -4951;
/** Redis reads at most this many characters. */
const CHARS_MAX = 5119;
/** Redis prints so many digits after the point, and drops the zeros at their end. */
const DECIMALS = 17;

interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const ZERO: LongDouble = { mantissa: 0n, exponent: 0 };
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/**
 * Adds two decimal texts as Redis would.
 * @returns the sum as text, `NaN` when a text is no number, `Infinity` when the sum has no digits.
 */
export function addDecimals(a: string, b: string): string {
  const first = parse(a);
  const second = parse(b);
  if (first === 'NaN' || second === 'NaN') return 'NaN';
  if (first === 'Infinity' || second === 'Infinity') return 'Infinity';
  const sum = add(first, second);
  return sum === null ? 'Infinity' : print(sum);
}

function parse(text: string): LongDouble | 'NaN' | 'Infinity' {
  if (text.length > CHARS_MAX) return 'NaN';
  const parts = DECIMAL.exec(text);
  if (parts === null) return INFINITE.test(text) ? 'Infinity' : 'NaN';
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts;
  if (whole === '' && fraction === '') return 'NaN';
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return ZERO;
  const exponent = Number(power) - fraction.length;
  const magnitude = digits.length + exponent - 1;
  if (magnitude > DECIMAL_EXPONENT_MAX || magnitude < DECIMAL_EXPONENT_MIN) return 'NaN';
  const number = BigInt(digits);
  const value =
    exponent >= 0
      ? round(number * 10n ** BigInt(exponent), 1n)
      : round(number, 10n ** BigInt(-exponent));
  if (value === null) return 'NaN';
  return sign === '-' ? { mantissa: -value.mantissa, exponent: value.exponent } : value;
}

/** @returns the sum, null when it is too large. */
function add(a: LongDouble, b: LongDouble): LongDouble | null {
  const exponent = Math.min(a.exponent, b.exponent);
  const sum =
    (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent));
  if (sum === 0n) return ZERO;
  const negative = sum < 0n;
  const rounded = round(negative ? -sum : sum, 1n);
  if (rounded === null) return null;
  const total = { mantissa: rounded.mantissa, exponent: rounded.exponent + exponent };
  if (bitLength(total.mantissa) + total.exponent > BINARY_EXPONENT_MAX) return null;
  return negative ? { mantissa: -total.mantissa, exponent: total.exponent } : total;
}

/** The positive fraction as the nearest number, the even one of two; null: too large. */
function round(numerator: bigint, denominator: bigint): LongDouble | null {
  // Two bits more than fit, so that the rest only has to say whether it is zero.
  const shift = MANTISSA_BITS + 2 - (bitLength(numerator) - bitLength(denominator));
  const scaled = shift > 0 ? numerator << BigInt(shift) : numerator;
  const divisor = shift < 0 ? denominator << BigInt(-shift) : denominator;
  const quotient = scaled / divisor;
  const exact = (quotient << 1n) | (scaled % divisor === 0n ? 0n : 1n);
  const surplus = bitLength(exact) - MANTISSA_BITS;
  const mantissa = surplus > 0 ? roundOff(exact, surplus) : exact;
  const exponent = Math.max(surplus, 0) - shift - 1;
  return bitLength(mantissa) + exponent > BINARY_EXPONENT_MAX ? null : { mantissa, exponent };
}

/** `value / 2^bits`, to the nearest integer, the even one of two. */
function roundOff(value: bigint, bits: number): bigint {
  const low = BigInt(bits);
  const quotient = value >> low;
  const rest = value & ((1n << low) - 1n);
  const half = 1n << (low - 1n);
  const up = rest > half || (rest === half && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

function print({ mantissa, exponent }: LongDouble): string {
  const negative = mantissa < 0n;
  const scaled = (negative ? -mantissa : mantissa) * 10n ** BigInt(DECIMALS);
  const digits = exponent >= 0 ? scaled << BigInt(exponent) : roundOff(scaled, -exponent);
  const text = digits.toString().padStart(DECIMALS + 1, '0');
  const whole = text.slice(0, -DECIMALS);
  const fraction = text.slice(-DECIMALS).replace(/0+$/, '');
  const unsigned = fraction === '' ? whole : `${whole}.${fraction}`;
  return negative && unsigned !== '0' ? `-${unsigned}` : unsigned;
}

function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return value === 0n ? 0 : hex.length * 4 - Math.clz32(Number.parseInt(hex[0] as string, 16)) + 28;
}
