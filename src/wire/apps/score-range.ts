/** Scores of sorted sets as Redis reads and prints them. */

export interface ScoreEnd {
  readonly score: number;
  readonly exclusive: boolean;
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** @returns null when the text is no number. */
export function parseScore(text: string): number | null {
  const infinite = INFINITE.exec(text);
  if (infinite !== null) {
    return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!DECIMAL.test(text)) return null;
  return Number(text);
}

/** `(5`, `5`, `-inf`: an end of a range. @returns null when the text is none. */
export function scoreEnd(text: string): ScoreEnd | null {
  const exclusive = text.startsWith('(');
  const score = parseScore(exclusive ? text.slice(1) : text);
  return score === null ? null : { score, exclusive };
}

/** As C prints it with `%.17g`. */
export function scoreText(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return 'inf';
  if (score === Number.NEGATIVE_INFINITY) return '-inf';
  if (Number.isInteger(score) && Math.abs(score) < 1e17) return String(score);
  const [digits = '', exponent] = score.toPrecision(17).split('e');
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  if (exponent === undefined) {
    const size = Math.abs(score);
    // JavaScript changes to exponents at another size than C does.
    if (size !== 0 && size < 1e-4) return exponential(score);
    return short;
  }
  return `${short}e${paddedExponent(exponent)}`;
}

function exponential(score: number): string {
  const [digits = '', exponent = ''] = score.toExponential(16).split('e');
  return `${digits.replace(/\.?0+$/, '')}e${paddedExponent(exponent)}`;
}

function paddedExponent(exponent: string): string {
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
}
