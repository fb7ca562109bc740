import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { playDialogue } from './dialogue.ts';

const FOLDER = new URL('./dialogues/', import.meta.url);

for (const name of readdirSync(FOLDER).sort()) {
  test(`Raft plays the dialogue ${name} as written`, async () => {
    const file = new URL(name, FOLDER);
    const played = playDialogue(readFileSync(file, 'utf8'));
    await expect(played).toMatchFileSnapshot(file.pathname);
  });
}
