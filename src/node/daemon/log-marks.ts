/**
 * What the file of an application log cannot tell itself, in a small file beside it, `FILE.marks`:
 * up to which entry it was told for good, although the last ones may have had nothing to tell or
 * were dropped, and which entries it lacks.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { RaftctlError, systemCode } from '../../std/errors.ts';

/** Entries, both ends among them. */
export interface Interval {
  readonly first: number;
  readonly last: number;
}

interface Marks {
  readonly through: number;
  readonly lacks: readonly Interval[];
}

const NO_MARKS: Marks = { through: 0, lacks: [] };

export class LogMarks {
  readonly #path: string;
  #marks: Marks = NO_MARKS;

  /** @param isOld the log is there: without it marks of one before it say nothing. */
  constructor(logFile: string, isOld: boolean) {
    this.#path = `${logFile}.marks`;
    if (isOld) this.#marks = read(this.#path);
    else rmSync(this.#path, { force: true });
  }

  /** Entries up to there are told. */
  get through(): number {
    return this.#marks.through;
  }

  get lacks(): readonly Interval[] {
    return this.#marks.lacks;
  }

  keep(through: number): void {
    const { lacks } = this.#marks;
    if (through > this.through) this.#save({ through, lacks });
  }

  lack(interval: Interval): void {
    const through = Math.max(this.through, interval.last);
    this.#save({ through, lacks: [...this.lacks, interval] });
  }

  #save(marks: Marks): void {
    const temporary = `${this.#path}.tmp`;
    const fd = openSync(temporary, 'w', 0o644);
    writeSync(fd, `${JSON.stringify(marks)}\n`);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(temporary, this.#path);
    this.#marks = marks;
  }
}

function read(path: string): Marks {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Marks;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return NO_MARKS;
    throw error;
  }
}

export function diskFailure(message: string, cause: unknown): RaftctlError {
  return new RaftctlError('DISK_FAILED', {
    message: cause instanceof Error ? `${message}: ${cause.message}` : message,
    cause,
  });
}
