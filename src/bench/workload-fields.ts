/** The values that a workload is made of, as a person writes them, and what is wrong with one. */
import { RaftctlError } from '../std/errors.ts';
import { parseBytes, parseDurationMs } from '../std/units.ts';

export type WorkloadValue = string | number | boolean | readonly (string | number)[];
/** Keys are those of `WORKLOAD_KEYS`; undefined and absent are the same. */
export type WorkloadInput = Readonly<Record<string, WorkloadValue | undefined>>;

/** Reads plain values; what is wrong is said with key, value and rule. */
export class Fields {
  readonly #input: WorkloadInput;

  /** @throws {RaftctlError} USAGE when there is a key that is none of `known`. */
  constructor(input: WorkloadInput, known: readonly string[]) {
    this.#input = input;
    for (const key of Object.keys(input)) {
      if (!known.includes(key)) throw this.refusal(key, 'there is no such key');
    }
  }

  refusal(key: string, rule: string): RaftctlError {
    const value = this.#input[key];
    const shown = value === undefined ? key : `${key} ${JSON.stringify(value)}`;
    return new RaftctlError('USAGE', { message: `Cannot measure with ${shown}: ${rule}` });
  }

  has(key: string): boolean {
    return this.#input[key] !== undefined;
  }

  text(key: string, fallback: string): string {
    const value = this.#input[key] ?? fallback;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw this.refusal(key, 'it is one value');
  }

  flag(key: string): boolean {
    const value = this.#input[key] ?? false;
    if (typeof value === 'boolean') return value;
    throw this.refusal(key, 'it is true or false');
  }

  list(key: string): string[] {
    const value = this.#input[key] ?? [];
    if (typeof value === 'boolean') throw this.refusal(key, 'it is one text, or a list of texts');
    return (typeof value === 'object' ? value : [value]).map(String);
  }

  number(key: string, fallback: number, isAllowed: (n: number) => boolean, rule: string): number {
    const text = this.text(key, String(fallback));
    const value = /^\d+(\.\d+)?(e\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!isAllowed(value)) throw this.refusal(key, `it is a number ${rule}`);
    return value;
  }

  count(key: string, fallback: number, min: number, max: number): number {
    const isAllowed = (n: number): boolean => Number.isSafeInteger(n) && n >= min && n <= max;
    return this.number(key, fallback, isAllowed, `without fraction from ${min} to ${max}`);
  }

  duration(key: string, fallbackMs: number, minMs: number, maxMs: number): number {
    const ms = parseDurationMs(this.text(key, `${fallbackMs}ms`));
    if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
    throw this.refusal(key, 'it is a duration like 250ms, 10s or 2m, a day at most');
  }

  bytes(key: string, fallback: number, min: number, max: number): number {
    const bytes = parseBytes(this.text(key, String(fallback)));
    if (bytes !== null && bytes >= min && bytes <= max) return bytes;
    throw this.refusal(key, `it is a size like 64 or 4KiB, from ${min} to ${max} bytes`);
  }

  choice<T extends string>(key: string, choices: readonly [T, ...T[]]): T {
    const text = this.text(key, choices[0]);
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw this.refusal(key, `it is one of ${choices.join(', ')}`);
  }
}
