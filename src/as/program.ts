/** What an older program is to `raftctl as`: its flags, its README's lines, and how it is run. */
import type { OldFlag, OldLine } from './old-flags.ts';

/** What a program sees of the machine and of the person who typed its name. */
export interface AsContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  /** Where secrets of this user lie. */
  readonly stateDirectory: string;
  /** The script of this program, for processes it starts. */
  readonly entry: string;
  /** A line on stdout, as the older program prints it. */
  readonly print: (line: string) => void;
  /** A line on stderr. */
  readonly say: (line: string) => void;
}

export interface OldProgram {
  readonly name: string;
  /** Which older system it belongs to. */
  readonly system: string;
  readonly about: string;
  /** Lines of its README, without `raftctl as`. */
  readonly examples: readonly string[];
  readonly flags: readonly OldFlag[];
  /** What stands behind the flags; left out, nothing may. */
  readonly words?: string;
  /** @returns the exit code. */
  run(line: OldLine, context: AsContext): Promise<number>;
}

export function textOf(line: OldLine, name: string): string {
  return line.values.get(name) ?? '';
}

export function isOn(line: OldLine, name: string): boolean {
  return line.values.get(name) === 'true';
}

export function numberOf(line: OldLine, name: string): number {
  return Number(line.values.get(name) ?? '0');
}
