/** How much space the disk has, asked for in the background every few seconds. */
import type { Clock, Timer } from '../ports/clock.ts';
import type { Disk, DiskSpace } from '../ports/disk.ts';

const REFRESH_MS = 5000;

export class FreeSpace {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #directory: string;
  #space: DiskSpace;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(
    components: { readonly disk: Disk; readonly clock: Clock },
    init: { readonly directory: string; readonly space: DiskSpace },
  ) {
    this.#disk = components.disk;
    this.#clock = components.clock;
    this.#directory = init.directory;
    this.#space = init.space;
  }

  /** At most some seconds old. */
  get space(): DiskSpace {
    return this.#space;
  }

  start(): void {
    this.#timer = this.#clock.after(REFRESH_MS, () => {
      this.#disk.space(this.#directory).then(
        (space) => this.#refreshed(space),
        // Old numbers are better than none; a sick disk shows where it matters, in the writes.
        () => this.#refreshed(this.#space),
      );
    });
  }

  #refreshed(space: DiskSpace): void {
    this.#space = space;
    if (!this.#stopped) this.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}
