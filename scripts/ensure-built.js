/**
 * Makes a clone ready to run: installs when `node_modules` does not hold what the lockfile says,
 * builds when `dist` is not a build of these sources, and is silent when there is nothing to do.
 * It speaks on stderr only, so that `npm start -- --json` leaves stdout to the program.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, STAMP_FILE, sourceStamp } from './tree.js';

const NODE_MINIMUM = [20, 19];

function nodeIsOld() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major < NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor < NODE_MINIMUM[1]);
}

/** The installed tree as npm recorded it when it had finished; null when it never did. */
function installedPackages() {
  try {
    return JSON.parse(readFileSync(join(ROOT, 'node_modules/.package-lock.json'), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whether every package of the lockfile is installed in its version, and none in another. */
function isInstalled() {
  const installed = installedPackages();
  if (installed === null) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    // Optional packages are other platforms' binaries: npm leaves those out.
    if (path !== '' && !entry.optional && installed[path] === undefined) return false;
  }
  return Object.entries(installed).every(([path, entry]) => {
    return wanted[path] !== undefined && wanted[path].version === entry.version;
  });
}

/** `npm ci` empties the folder it installs into, through a link another's. */
function refuseLink() {
  const path = join(ROOT, 'node_modules');
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  process.stderr.write(
    `raftctl: cannot install packages as ${path} is a link to ${readlinkSync(path)}: npm would empty that\n` +
      `raftctl: remove the link (rm ${path}), then run this again\n`,
  );
  process.exit(1);
}

function isBuilt() {
  try {
    return readFileSync(join(ROOT, STAMP_FILE), 'utf8') === sourceStamp(ROOT);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Runs one step with its output on our stderr. */
function step(what, command, args) {
  const startedAt = Date.now();
  process.stderr.write(`raftctl: ${what} ...\n`);
  const result = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (result.error || result.status !== 0) {
    const why = result.error ? result.error.message : `exit code ${result.status ?? result.signal}`;
    process.stderr.write(`raftctl: cannot finish "${command} ${args.join(' ')}": ${why}\n`);
    process.exit(1);
  }
  process.stderr.write(`raftctl: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

// An installed package carries its build and no sources: there is nothing to make.
if (existsSync(join(ROOT, 'src'))) {
  if (nodeIsOld()) {
    const minimum = NODE_MINIMUM.join('.');
    process.stderr.write(
      `raftctl: cannot run on Node ${process.versions.node} as it needs ${minimum} or newer\n`,
    );
    process.exit(1);
  }
  if (!isInstalled()) {
    refuseLink();
    // No package here needs its install script, so none gets to run one.
    step('installing packages', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  }
  if (!isBuilt()) step('building', process.execPath, ['scripts/build.js']);
}
