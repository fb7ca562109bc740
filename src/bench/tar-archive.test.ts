import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTar, unpackTar } from './tar-archive.ts';

const NAMES = fc.stringMatching(/^[a-z0-9._ äö-]{1,150}$/);
const FILES = fc.array(fc.record({ name: NAMES, content: fc.uint8Array({ maxLength: 1500 }) }), {
  maxLength: 6,
});
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

test('packTar and unpackTar give back every file, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(FILES, fc.nat(), async (files, mtimeS) => {
      const archive = await packTar(files, mtimeS);
      expect(archive.length % 512).toBe(0);
      const back = (await unpackTar(archive)) ?? [];
      expect(back.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
      for (const [at, { content }] of files.entries()) {
        expect([...(back[at]?.content ?? [])]).toEqual([...content]);
      }
    }),
  );
});

test('packTar writes what the system unpacks, and unpackTar reads what the system packs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-tar-'));
  try {
    const files = [
      { name: 'demo/empty', content: text('') },
      { name: 'demo/nodes/n1.json', content: text('{"ä":1}\n') },
      { name: `demo/${'x'.repeat(120)}`, content: new Uint8Array(1024).fill(7) },
    ];
    writeFileSync(join(folder, 'a.tar'), await packTar(files, 1_700_000_000));
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder });
    for (const { name, content } of files) {
      expect([...readFileSync(join(folder, name))]).toEqual([...content]);
      expect(statSync(join(folder, name)).mtimeMs).toBe(1_700_000_000_000);
    }
    execFileSync('tar', ['-cf', 'b.tar', 'demo'], { cwd: folder });
    const back = (await unpackTar(readFileSync(join(folder, 'b.tar')))) ?? [];
    expect(back.map(({ name }) => name).sort()).toEqual(files.map(({ name }) => name).sort());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('unpackTar refuses what is cut off, damaged or no archive', async () => {
  const archive = await packTar([{ name: 'a', content: text('hello') }], 1);
  const damaged = Uint8Array.from(archive);
  damaged[3] = 0x41;
  const none = [text('no archive at all'), new Uint8Array(600).fill(0x61)];
  for (const bytes of [archive.subarray(0, 514), archive.subarray(0, 600), damaged, ...none]) {
    expect(await unpackTar(bytes)).toBeNull();
  }
});
