/** Small files that are whole or absent, also after a crash: temporary name, sync, rename. */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface FileWish {
  readonly path: string;
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

export async function writeWhole(wish: FileWish): Promise<void> {
  const temporary = `${wish.path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w', wish.mode);
    try {
      await file.writeFile(wish.text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, wish.path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dirname(wish.path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
