/**
 * `npm run image`: does what the Dockerfile says where there is no container engine. Its last stage
 * is made in a bare Debian root (debootstrap), the stage before in a copy of this tree with this
 * machine's Node; then raftctl runs in that root as the image's user, with a root file system that
 * cannot be written to: a node and its health check, and the programs of raft-demo.
 *
 *     npm run image               makes it, checks it, removes it
 *     npm run image -- --keep     leaves the root behind, and says where
 *
 * It needs root, debootstrap and a mirror of Debian. What it cannot show: that the base images of
 * the Dockerfile exist, and how a container engine isolates a container.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkImage } from './image/checks.js';
import { copyOf, stagesOf } from './image/dockerfile.js';
import { ROOT } from './tree.js';

const SUITE = 'bookworm';
const isKept = process.argv.includes('--keep');

function say(text) {
  process.stderr.write(`image: ${text}\n`);
}

function refuse(text) {
  say(text);
  process.exit(2);
}

function run(file, args, options = {}) {
  const { status, error } = spawnSync(file, args, { stdio: ['ignore', 2, 2], ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${status}`);
}

/** The stage that builds: with this machine's Node, in a copy of what git knows. */
function build(stage, folder) {
  let at = folder;
  for (const step of stage.steps) {
    if (step.word === 'WORKDIR') {
      at = join(folder, step.text);
      mkdirSync(at, { recursive: true });
    } else if (step.word === 'COPY') {
      const { what } = copyOf(step);
      const files = what.includes('.') ? [] : what;
      if (files.length === 0) copyTree(at);
      for (const file of files) cpSync(join(ROOT, file), join(at, file));
    } else if (step.word === 'RUN') {
      say(`${stage.name}: ${step.text}`);
      run('/bin/sh', ['-c', step.text], { cwd: at });
    }
  }
  const node = join(folder, 'usr/local/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  cpSync(process.execPath, node);
}

/** What git knows and what is new, without what it ignores. */
function copyTree(to) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { cwd: ROOT }).toString().split('\0').filter(Boolean);
  for (const file of files.filter((file) => existsSync(join(ROOT, file)))) {
    cpSync(join(ROOT, file), join(to, file));
  }
}

/** @returns what the image would run with: `{ env, user, cwd, entrypoint, health }`. */
function assemble(stage, built, root) {
  const image = { env: {}, user: '0:0', cwd: '/', entrypoint: [], health: [] };
  for (const step of stage.steps) {
    if (step.word === 'COPY') {
      const { to, what } = copyOf(step);
      for (const path of what) {
        const target = to.endsWith('/') ? join(root, to, path.split('/').at(-1)) : join(root, to);
        cpSync(join(built, path), target, { recursive: true });
      }
    } else if (step.word === 'RUN') {
      say(step.text);
      run('chroot', [root, '/bin/sh', '-c', step.text]);
    } else if (step.word === 'ENV') {
      const [name, value] = step.text.split('=');
      image.env[name] = value;
    } else if (step.word === 'USER') image.user = step.text;
    else if (step.word === 'WORKDIR') image.cwd = step.text;
    else if (step.word === 'ENTRYPOINT') image.entrypoint = step.args;
    else if (step.word === 'HEALTHCHECK') image.health = step.args;
  }
  return image;
}

if (process.getuid?.() !== 0) refuse('needs root: it makes a root file system and enters it');
if (spawnSync('debootstrap', ['--version']).error !== undefined) {
  refuse('needs debootstrap: apt-get install debootstrap');
}
const folder = mkdtempSync(join(tmpdir(), 'raftctl-image-'));
const root = join(folder, 'root');
const built = join(folder, 'build');
let failed = false;
try {
  const [first, last] = stagesOf(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
  say(`debootstrap ${SUITE}, in the place of ${last.from}`);
  run('debootstrap', ['--variant=minbase', SUITE, root]);
  build(first, built);
  const image = assemble(last, built, root);
  const size = execFileSync('du', ['-sm', join(root, 'opt'), join(root, 'usr/local')]).toString();
  say(
    `raftctl and Node in it: ${size
      .trim()
      .split('\n')
      .map((line) => `${line.split('\t')[0]} MiB`)
      .join(', ')}`,
  );
  failed = !(await checkImage({ ...image, root }));
} catch (error) {
  say(error.message);
  failed = true;
} finally {
  if (isKept) say(`kept: ${root}`);
  else rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
