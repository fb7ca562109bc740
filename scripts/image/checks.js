/** What a root file system made of the Dockerfile has to do, entered as its user. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
const [CLIENT, PEER, ADMIN] = [29_801, 29_802, 29_803];

/**
 * Runs all checks, each to its end.
 *
 * @param image `{ root, env, user, cwd, entrypoint, health }`
 * @returns whether all of them passed.
 */
export async function checkImage(image) {
  const running = [];
  const results = [];
  const check = async (what, test) => {
    const trouble = await test().catch((error) => error.message);
    results.push(trouble === undefined);
    process.stdout.write(`${trouble === undefined ? 'ok    ' : 'FAILED'}  ${what}\n`);
    if (trouble !== undefined) process.stdout.write(`        ${trouble}\n`);
  };
  const start = (args, env = {}) => {
    const child = entered(image, [...image.entrypoint, ...args], env);
    running.push(child);
    return child;
  };
  try {
    await check('the entry is raftctl, and says its version', () => {
      return ends(start(['version']), /raftctl/);
    });
    await check('it is not root, and cannot write to its root', async () => {
      await ends(entered(image, ['/usr/bin/id', '-u']), /^10001$/m);
      await ends(entered(image, ['/bin/sh', '-c', 'touch /x || echo refused']), /refused/);
    });
    await check('a node founds a cluster, and the health check sees it', () => node(image, start));
    await check('raft-demo: kvstore, diskstorage, logger and loadgen run', () =>
      demo(image, start),
    );
  } finally {
    for (const { child } of running) child.kill('SIGKILL');
  }
  return results.every(Boolean);
}

async function node(image, start) {
  const member = `n1=127.0.0.1:${CLIENT}:${PEER}:${ADMIN}`;
  const secret = '/var/lib/raftctl/secret';
  mkdirSync(join(image.root, 'var/lib/raftctl'), { recursive: true });
  writeFileSync(join(image.root, secret), `${'5a'.repeat(32)}\n`, { mode: 0o644 });
  const env = {
    ...{ RAFTCTL_MEMBER: member, RAFTCTL_INITIAL_CLUSTER: member, RAFTCTL_DISCOVER: `:${ADMIN}` },
    ...{ RAFTCTL_SECRET_FILE: secret, RAFTCTL_DATA_DIR: '/var/lib/raftctl/node' },
  };
  const before = await ended(entered(image, image.health, env));
  if (before.code === 0) throw new Error('the health check is content without a node');
  const running = start(['node', 'run'], env);
  await says(running, /leads from now on/);
  await ends(entered(image, image.health, env), /^$/);
  await ends(start(['kv', 'set', 'a', '1', '--endpoints', `127.0.0.1:${CLIENT}`]), /./);
  running.child.kill('SIGTERM');
  await ends(running, /"stopped"/);
}

async function demo(image, start) {
  // As containers, they share no home, where the secret would lie.
  const secret = ['-secret-file', '/var/lib/raftctl/secret'];
  const at = [...secret, '-port', ':29811', '-raft', ':29812', '-hjoin', ':29813'];
  await says(start(['as', 'kvstore', '-id', 'node0', ...at]), /node0 answers/);
  const disk = [...secret, '-port', ':29821', '-raft', ':29822', '-statefile', '/tmp/store.txt'];
  await says(start(['as', 'diskstorage', '-id', 'disk0', ...disk]), /disk0 answers/);
  const log = [
    ...secret,
    '-id',
    'log0',
    '-raft',
    ':29832',
    '-join',
    ':29813',
    '-logfolder',
    '/tmp/',
  ];
  await says(start(['as', 'logger', ...log]), /log0 follows/);
  const config = 'rep = 1\nsvrIps = ["127.0.0.1:29811"]\nlocalip = "127.0.0.1"\nudpport = 29840\n';
  const load = `printf '${config}' > /tmp/c.toml && exec raftctl as loadgen -config /tmp/c.toml -clients 2 -req 20 -key 9 -data 0 -log 0`;
  await ends(entered(image, ['/bin/sh', '-c', load]), /Executed 40 requests/);
}

/** A process in the image: its user, its environment, its root read-only but for its volumes. */
function entered({ root, user, env, cwd }, command, more = {}) {
  const mounts = [
    ...[`mount --bind ${root} ${root}`, `mount -o remount,bind,ro ${root}`],
    ...[`mount -t proc proc ${root}/proc`, `mount -t tmpfs tmpfs ${root}/tmp`],
    ...[`mount --bind ${root}/var/lib/raftctl ${root}/var/lib/raftctl`],
    `mount -o remount,bind,rw ${root}/var/lib/raftctl`,
  ];
  const vars = Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...env, ...more });
  const words = ['env', '-i', ...vars.map(([name, value]) => `${name}=${value}`), ...command];
  const line = `${mounts.join(' && ')} && exec chroot --userspec=${user} ${root} /bin/sh -c 'cd ${cwd} && exec "$0" "$@"' "$@"`;
  const child = spawn('unshare', ['--mount', '/bin/sh', '-c', line, 'sh', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const process = { child, output: '', code: null };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      process.output += chunk;
    });
  }
  child.on('close', (code) => {
    process.code = code ?? -1;
  });
  return process;
}

async function until(process, isDone, what) {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isDone()) {
    if (performance.now() > deadline) throw new Error(`no ${what} in: ${process.output}`);
    await sleep(50);
  }
}

async function ended(process) {
  await until(process, () => process.code !== null, 'end');
  return process;
}

async function ends(process, pattern) {
  await ended(process);
  if (process.code !== 0 || !pattern.test(process.output)) {
    throw new Error(`ended with ${process.code}, no ${pattern} in: ${process.output}`);
  }
}

async function says(process, pattern) {
  const isSaid = () => pattern.test(process.output);
  await until(process, () => isSaid() || process.code !== null, String(pattern));
  if (!isSaid()) throw new Error(`ended with ${process.code}, no ${pattern} in: ${process.output}`);
}
