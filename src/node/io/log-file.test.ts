import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LogFile } from './log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'raftctl-log-file-'));
const sources = { 'log-file': './log-file.ts', errors: '../../std/errors.ts' };

/** The class as plain JavaScript, for processes of its own. */
beforeAll(() => {
  for (const [name, source] of Object.entries(sources)) {
    const path = new URL(source, import.meta.url).pathname;
    const { code } = transformFileSync(path, {
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    });
    const text = code.replace('../../std/errors.ts', './errors.mjs');
    writeFileSync(join(folder, `${name}.mjs`), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(body: string): ChildProcess {
  const program = join(folder, `${Math.abs(hash(body))}.mjs`);
  writeFileSync(program, `import { LogFile } from './log-file.mjs';\n${body}`);
  return spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function hash(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0;
  return sum;
}

describe('LogFile', () => {
  test('LogFile loses lines rather than the process when the disk is full', async () => {
    const file = new LogFile('/dev/full');
    file.write('one\ntwo\n');
    await waitFor(() => file.dropped === 2);
    file.write('three\n');
    await waitFor(() => file.dropped === 3);
    await file.close();
  });

  test('LogFile keeps what waits below its cap and tells what it dropped', async () => {
    const path = join(folder, 'cap.log');
    const file = new LogFile(path);
    const line = `${JSON.stringify({ msg: 'y'.repeat(99_980) })}\n`;
    for (let i = 0; i < 40; i += 1) file.write(line);
    const { dropped } = file;
    expect(dropped).toBeGreaterThan(20);
    const linesOf = (): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
    await waitFor(() => linesOf().length === 41 - dropped);
    expect(JSON.parse(linesOf().at(-1) ?? '')).toMatchObject({ level: 'warn', dropped });
    await waitFor(() => file.dropped === 0);
    await file.close();
  });

  test('LogFile has everything written when the process exits at once', async () => {
    const path = join(folder, 'exit.log');
    const child = start(`
      const file = new LogFile(${JSON.stringify(path)});
      for (let i = 0; i < 1000; i += 1) file.write('line ' + i + '\\n');
      process.exit(7);
    `);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(7);
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    expect(new Set(lines)).toEqual(new Set(Array.from({ length: 1000 }, (_, i) => `line ${i}`)));
    expect(lines.length).toBe(1000);
  });

  test('LogFile never holds up the process for a reader of stderr that stands still', async () => {
    const child = start(`
      const file = new LogFile(null);
      const line = 'z'.repeat(999) + '\\n';
      let turns = 0;
      const interval = setInterval(() => {
        for (let i = 0; i < 500; i += 1) file.write(line);
        turns += 1;
        if (turns === 20) {
          process.stdout.write('alive ' + (file.dropped > 1000));
        }
      }, 1);
      process.stdout.once('finish', () => {});
    `);
    child.stderr?.pause();
    const [told] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    expect(told.toString()).toBe('alive true');
    // The reader dies: the process does not.
    child.stderr?.destroy();
    child.stdout?.pause();
    await new Promise((resolve) => setImmediate(resolve));
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  test('LogFile goes silent when nobody reads stderr any more', async () => {
    const child = start(`
      const file = new LogFile(null);
      process.stdout.write('ready');
      const interval = setInterval(() => file.write('into the void\\n'), 1);
      setTimeout(() => { clearInterval(interval); process.exit(0); }, 300);
    `);
    child.stderr?.destroy();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  const until = Date.now() + 10_000;
  while (!condition()) {
    expect(Date.now()).toBeLessThan(until);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
