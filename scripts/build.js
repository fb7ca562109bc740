/**
 * Builds `dist` from `src`: compile into a folder beside it, swap, describe the commands for oclif.
 * The old build stays whole until the new one is. The stamp comes last: a build that was
 * interrupted is made again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, ROOT, STAMP_FILE, sourceStamp } from './tree.js';

const DIST = join(ROOT, 'dist');
const MANIFEST = join(ROOT, 'oclif.manifest.json');

function fail(message) {
  process.stderr.write(`build: ${message}\n`);
  process.exit(1);
}

function compile(folder) {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', folder];
  const result = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (result.status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  fail('cannot compile: see the errors above; the old build was left as it was');
}

function swap(folder) {
  const old = `${DIST}.old-${process.pid}`;
  if (existsSync(DIST)) renameSync(DIST, old);
  renameSync(folder, DIST);
  rmSync(old, { recursive: true, force: true });
}

/** What oclif would find out by loading every command, written down once: a quick start. */
async function describeCommands() {
  rmSync(MANIFEST, { force: true });
  if (filesBelow(ROOT, 'dist/commands').length === 0) return;
  const { Plugin } = await import('@oclif/core');
  const plugin = new Plugin({
    root: ROOT,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  writeFileSync(MANIFEST, `${JSON.stringify(plugin.manifest, null, 2)}\n`);
}

const stamp = sourceStamp(ROOT);
const fresh = `${DIST}.new-${process.pid}`;
compile(fresh);
swap(fresh);
await describeCommands();
writeFileSync(join(ROOT, STAMP_FILE), stamp);
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
process.stderr.write(`build: raftctl ${version}, ${filesBelow(ROOT, 'dist').length} files\n`);
