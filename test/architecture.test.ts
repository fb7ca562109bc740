/**
 * The house rules as tests: walls between the floors, cycles, sizes, names, purity, and that each
 * gate really bites (a gate that reads nothing finds nothing wrong).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  isTest,
  LONG_FILES,
  nameFindings,
  purityFindings,
  type SourceFile,
  sizeFindings,
  textFindings,
} from './architecture/source-rules.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WALLS = join(ROOT, 'scripts/walls.js');

function sourceFiles(folders: readonly string[], pattern: RegExp): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((path) => pattern.test(path))
      .sort()
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })),
  );
}

const sources = sourceFiles(['src', 'test'], /\.ts$/);
const scripts = sourceFiles(['scripts', 'bin'], /\.js$/);
const prose = sourceFiles(['docs', 'profiles'], /\.(md|toml)$/);

/** A file made up to break a rule. */
function planted(path: string, text: string): SourceFile {
  return { path, text };
}

describe('the walls', () => {
  it('hold in the whole tree, without cycles of files or folders', () => {
    const run = spawnSync(process.execPath, [WALLS], { cwd: ROOT, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    const read = Number(/^(\d+) files/.exec(run.stdout)?.[1]);
    const program = sources.filter(({ path }) => path.startsWith('src/') && !isTest(path));
    expect(read).toBe(program.length);
  });

  it('are the table that docs/ARCHITECTURE.md shows', () => {
    const table = execFileSync(process.execPath, [WALLS, '--table'], { encoding: 'utf8' });
    expect(readFileSync(join(ROOT, 'docs/ARCHITECTURE.md'), 'utf8')).toContain(table);
  });
});

describe('the import gate finds a planted', () => {
  let copy = '';
  let report = '';
  const plants: Readonly<Record<string, string>> = {
    'src/std/climbs.ts':
      "import { encodeBatch } from '../node/model/planted.ts';\nencodeBatch();\n",
    'src/node/model/planted.ts': 'export function encodeBatch(): void {}\n',
    'src/wire/type-only.ts':
      "import type { Planted } from '../node/ports/planted.ts';\nexport type P = Planted;\n",
    'src/node/ports/planted.ts': 'export interface Planted {}\n',
    'src/node/raft/dynamic.ts': "export const later = () => import('../wal/planted.ts');\n",
    'src/node/wal/planted.ts': "export { loop } from './loop.ts';\n",
    'src/node/wal/loop.ts':
      "import * as self from './planted.ts';\nexport const loop = () => self;\n",
    'src/client/inside.ts': "export * from '../node/replica/planted.ts';\n",
    'src/node/replica/planted.ts': "import 'execa';\nexport const replica = 1;\n",
    'src/node/model/machine.ts': "import { readFileSync } from 'node:fs';\nreadFileSync('x');\n",
    'src/cluster/tests-only.ts': "import { fc } from 'fast-check';\nfc;\n",
    'src/bench/one/a.ts': "import '../two/b.ts';\n",
    'src/bench/two/b.ts': "import '../one/c.ts';\n",
    'src/bench/one/c.ts': 'export const c = 1;\n',
    'src/attic/old.ts': 'export const old = 1;\n',
    'src/cluster/nowhere.ts': "import './missing.ts';\n",
  };

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'raftctl-walls-'));
    cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
    cpSync(join(ROOT, 'bin'), join(copy, 'bin'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const [path, text] of Object.entries(plants)) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    }
    const run = spawnSync(process.execPath, [WALLS, '--root', copy], { encoding: 'utf8' });
    expect(run.status).toBe(1);
    report = run.stderr;
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it.each([
    ['import that climbs', 'src/std/climbs.ts -> src/node/model/planted.ts', 'wall-of-std'],
    ['import of a type', 'src/wire/type-only.ts -> src/node/ports/planted.ts', 'wall-of-wire'],
    ['dynamic import', 'src/node/raft/dynamic.ts -> src/node/wal/planted.ts', 'wall-of-node/raft'],
    ['re-export', 'src/client/inside.ts -> src/node/replica/planted.ts', 'wall-of-client'],
    ['cycle of files', 'src/node/wal/loop.ts -> src/node/wal/planted.ts', 'no-cycle-of-files'],
    ['cycle of folders', 'src/bench/one -> src/bench/two', 'no-cycle-of-folders'],
    ['machine in a pure floor', 'src/node/model/machine.ts -> ', 'pure-floors-know-no-machine'],
    ['package below the daemon', 'src/node/replica/planted.ts -> ', 'packages-stay-above'],
    ['package for tests', 'src/cluster/tests-only.ts -> ', 'packages-are-declared'],
    ['import of nothing', 'src/cluster/nowhere.ts -> ', 'imports-resolve'],
  ])('%s', (_what, arrow, rule) => {
    const lines = report.split('\n');
    const at = lines.findIndex(
      (line, i) => line.startsWith(arrow) && lines[i + 1]?.includes(`${rule}: `),
    );
    expect(at, report).toBeGreaterThanOrEqual(0);
  });

  it('file on no floor', () => {
    expect(report).toContain('src/attic/old.ts: lies on no floor');
  });
});

describe('every file', () => {
  it('is named after what it holds', () => {
    expect([...sources, ...scripts].flatMap(nameFindings)).toEqual([]);
    expect(nameFindings(planted('src/std/utils.ts', ''))).toHaveLength(1);
    expect(nameFindings(planted('src/std/index.ts', ''))).toHaveLength(1);
    expect(nameFindings(planted('src/std/myThing.ts', ''))).toHaveLength(1);
  });

  it('is short enough to read at once', () => {
    expect([...sources, ...scripts].flatMap(sizeFindings)).toEqual([]);
    expect(sizeFindings(planted('src/std/a.ts', 'x\n'.repeat(300)))).toEqual([]);
    expect(sizeFindings(planted('src/std/a.ts', 'x\n'.repeat(301)))).toHaveLength(1);
    expect(sizeFindings(planted('src/std/a.ts', `// ${'x'.repeat(97)}`))).toEqual([]);
    expect(sizeFindings(planted('src/std/a.ts', `// ${'x'.repeat(98)}`))).toHaveLength(1);
    expect(sizeFindings(planted('src/std/a.ts', 'x'.repeat(141)))).toHaveLength(1);
  });

  it('is on the list of long files only while it is long', () => {
    const longEnough = sources.filter(({ path, text }) => {
      return path in LONG_FILES && text.split('\n').length > 300;
    });
    expect(longEnough.map(({ path }) => path)).toEqual(Object.keys(LONG_FILES));
  });

  it('is finished, and belongs to no one machine', () => {
    expect([...sources, ...scripts, ...prose].flatMap(textFindings)).toEqual([]);
    expect(textFindings(planted('src/a.ts', `// TO${'DO'} later`))).toHaveLength(1);
    expect(textFindings(planted('src/a.ts', `open('/wor${'k'}/x')`))).toHaveLength(1);
    expect(textFindings(planted('src/a.test.ts', `it.sk${'ip'}('x')`))).toHaveLength(1);
    expect(textFindings(planted('src/a.test.ts', `describe.on${'ly'}('x')`))).toHaveLength(1);
  });
});

describe('a pure floor', () => {
  it('touches no clock, timer, process, chance or promise', () => {
    expect(sources.flatMap(purityFindings)).toEqual([]);
  });

  it.each([
    ['Date', 'export const now = Date.now();'],
    ['performance', 'export const now = performance.now();'],
    ['setTimeout', 'setTimeout(() => {}, 1);'],
    ['setImmediate', 'export const f = { later: setImmediate };'],
    ['process', 'export const home = process.env;'],
    ['Math.random', 'export const r = Math.random();'],
    ['Promise', 'export type Later = Promise<void>;'],
    ['waits', 'export async function f() {}'],
  ])('is caught using %s', (name, text) => {
    expect(purityFindings(planted('src/node/raft/a.ts', text)).join()).toContain(`: ${name}`);
    expect(purityFindings(planted('src/node/wal/a.ts', text))).toEqual([]);
  });

  it('may speak of them in comments, strings and names of fields', () => {
    const text = "// Date\nexport const a = 'process';\nexport const b = { process: a }.process;\n";
    expect(purityFindings(planted('src/std/a.ts', text))).toEqual([]);
  });

  it('may name promises in a port', () => {
    const text = 'export interface P { close(): Promise<void> }\n';
    expect(purityFindings(planted('src/node/ports/a.ts', text))).toEqual([]);
    expect(purityFindings(planted('src/node/model/a.ts', text))).toHaveLength(1);
  });
});

describe('the package', () => {
  it('has a lockfile that is whole for every platform', () => {
    interface Entry {
      readonly optionalDependencies?: Readonly<Record<string, string>>;
    }
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, Entry>>;
    };
    const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) =>
          !(`${path}/node_modules/${name}` in lock.packages) &&
          !(`node_modules/${name}` in lock.packages),
      ),
    );
    expect(missing).toEqual([]); // `npm ci` refuses such a lockfile, on every platform.
  });

  it('has a program that can be executed', () => {
    expect(statSync(join(ROOT, 'bin/run.js')).mode & 0o111).toBe(0o111);
  });
});
