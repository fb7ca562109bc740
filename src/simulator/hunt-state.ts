/**
 * What a hunt for planted bugs has found so far, as a file: one row a line, the last of a bug
 * counts. It belongs to one program and one length of the runs; to any other it says nothing.
 */
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { MutantRow } from './mutant-report.ts';

export interface StateOf {
  /** See `programHash`. */
  readonly program: string;
  readonly seconds: number;
}

export class HuntState {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();
  /** What earlier hunts of this program found. */
  readonly known: readonly MutantRow[];

  private constructor(path: string, known: readonly MutantRow[]) {
    this.#path = path;
    this.known = known;
  }

  /** Reads the file; begins it anew if it is not there, or of another program. */
  static async open(path: string, of: StateOf): Promise<HuntState> {
    const head = JSON.stringify(of);
    const text = await readIfAny(path);
    const [first, ...lines] = text.split('\n');
    if (first === head) {
      // A line that was cut off ends here.
      if (!text.endsWith('\n')) await appendFile(path, '\n');
      return new HuntState(path, lines.flatMap(rowOf));
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${head}\n`);
    return new HuntState(path, []);
  }

  add(row: MutantRow): void {
    this.#writing = this.#writing.then(() => appendFile(this.#path, `${JSON.stringify(row)}\n`));
  }

  /** @throws when a row could not be written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** The hunt is over: the next one begins from the start. */
  async remove(): Promise<void> {
    await this.flush();
    await rm(this.#path, { force: true });
  }
}

/** A line that was cut off as the program was killed says nothing. */
function rowOf(line: string): readonly MutantRow[] {
  try {
    return [JSON.parse(line) as MutantRow];
  } catch {
    return [];
  }
}

async function readIfAny(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
