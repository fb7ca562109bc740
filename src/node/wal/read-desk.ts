/** Where reads of the log come in: each waits for the writes it needs, then for its turn. */
import type { RaftctlError } from '../../std/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Compactor } from './compactor.ts';
import type { LogReader, ReadRequest } from './log-reader.ts';
import type { WriteQueue } from './write-queue.ts';

export interface ReadDeskParts {
  readonly reader: LogReader;
  readonly queue: WriteQueue;
  readonly compactor: Compactor;
  readonly clock: Clock;
}

export class ReadDesk {
  readonly #parts: ReadDeskParts;

  constructor(parts: ReadDeskParts) {
    this.#parts = parts;
  }

  take(request: ReadRequest): void {
    const { queue } = this.#parts;
    if (request.through < queue.lowestFirst) this.#read(request);
    else queue.waitToRead(request);
  }

  /** Writes were completed. */
  serve(): void {
    for (const request of this.#parts.queue.readsReady()) this.#read(request);
  }

  /** What was forgotten is answered with nothing. */
  #read(request: ReadRequest): void {
    const { reader, compactor, clock } = this.#parts;
    if (request.from > compactor.through) reader.read(request);
    else clock.defer(() => request.done(null, []));
  }

  fail(error: RaftctlError): void {
    for (const request of this.#parts.queue.takeReads()) request.done(error, []);
  }

  close(): Promise<void> {
    return this.#parts.reader.close();
  }
}
