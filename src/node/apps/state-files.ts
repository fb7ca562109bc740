/**
 * The state file and its successors: each is made empty beside the one in use, and takes its name
 * when its state is whole. What a killed process left half-made is removed.
 */
import type { Disk, DiskFile } from '../ports/disk.ts';

const NEW_SUFFIX = '.new';

export interface StateFile {
  readonly opened: Promise<DiskFile>;
  /** It takes the place of the one before. */
  take(): void;
}

export class StateFiles {
  readonly path: string;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #name: string;
  #made = 0;
  /** One thing after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param init.owner tells apart those who use the same name. */
  constructor(
    disk: Disk,
    init: { readonly folder: string; readonly name: string; readonly owner: string },
  ) {
    const { folder, name, owner } = init;
    this.#disk = disk;
    this.#folder = folder;
    this.#name = `${name}.${owner}`;
    this.path = `${folder}/${name}`;
  }

  /** @throws (by `opened`) {RaftctlError} DISK_FULL, DISK_FAILED */
  make(): StateFile {
    this.#made += 1;
    const isFirst = this.#made === 1;
    const path = `${this.#folder}/${this.#name}.${this.#made}${NEW_SUFFIX}`;
    const opened = this.#last.then(async () => {
      if (isFirst) await this.#clean();
      return await this.#disk.open(path, { create: true });
    });
    this.#last = opened.catch(() => {});
    return {
      opened,
      take: () => {
        const taken = this.#last.then(() => this.#disk.rename(path, this.path));
        this.#last = taken.catch(() => {});
      },
    };
  }

  /** All that was begun is done. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #clean(): Promise<void> {
    for (const name of await this.#disk.list(this.#folder)) {
      const isOld = name.startsWith(`${this.#name}.`) && name.endsWith(NEW_SUFFIX);
      if (isOld) await this.#disk.remove(`${this.#folder}/${name}`);
    }
  }
}
