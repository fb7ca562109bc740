/** What is on the screen, as files: text, and text with its colours. */
import { writeFile } from 'node:fs/promises';
import { clock } from './figures.ts';
import { type Line, plainText } from './text.ts';
import { ansiText, type ThemeName } from './theme.ts';

/** @returns what came of it, for a person. */
export async function saveScreen(lines: readonly Line[], theme: ThemeName): Promise<string> {
  const name = `raftctl-top-${clock(Date.now()).replaceAll(':', '')}`;
  const text = lines.map((pieces) => plainText(pieces).trimEnd()).join('\n');
  const ansi = lines.map((pieces) => ansiText(pieces, theme)).join('\n');
  try {
    await writeFile(`${name}.txt`, `${text}\n`, { mode: 0o600 });
    await writeFile(`${name}.ansi`, `${ansi}\n`, { mode: 0o600 });
    return `Saved ${name}.txt and ${name}.ansi`;
  } catch (error) {
    return `Cannot save the screen: ${(error as Error).message}`;
  }
}
