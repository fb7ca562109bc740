/**
 * The order of durability, seen from outside: strace watches what nodes write, sync and send.
 * Before a client is told OK, its write was synced to the logs of a majority.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { scaled } from '../doubles/program.ts';
import { reportProof } from '../doubles/proof-report.ts';
import { auditNode } from '../doubles/sync-audit.ts';

/** By each of two clients, of the leader and of a follower. */
const WRITES = scaled(500, 6000);
const DEPTH = 16;

let dir: string;
let rig: ClusterRig | null = null;
const watchers: ChildProcess[] = [];

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftctl-strace-'));
});

afterAll(async () => {
  for (const watcher of watchers) watcher.kill('SIGKILL');
  await rig?.dispose();
  await rm(dir, { recursive: true, force: true });
});

if (hasStrace()) {
  describe('the order of durability', orderTests);
} else {
  test('the order of durability is watched by strace, where that may trace', () => {
    expect(hasStrace()).toBe(false);
  });
}

function orderTests(): void {
  test(`of ${2 * WRITES} acknowledged writes, none was told before a majority had synced it`, {
    timeout: 300_000,
  }, async () => {
    rig = await ClusterRig.start({ portBase: 14330 });
    const ids = rig.ids();
    const leader = await rig.leader();
    const follower = ids.find((id) => id !== leader) ?? '';
    for (const id of ids) await watch(id, await rig.pid(id));
    const clients = await Promise.all([
      writeMarked(rig.clientPort(leader), 'a'),
      writeMarked(rig.clientPort(follower), 'b'),
    ]);
    for (const watcher of watchers) await ended(watcher);

    const audits = new Map(
      ids.map((id) => [id, auditNode({ file: traceFile(id), ...whereOf(id) })] as const),
    );
    let early = 0;
    let audited = 0;
    for (const { port, mark, ownPort } of clients) {
      const told = [...audits.values()].flatMap(({ oksAt }) => oksAt.get(ownPort) ?? []);
      expect(told, `port ${port}`).toHaveLength(WRITES);
      for (const [at, toldAt] of told.entries()) {
        const name = markOf(mark, at);
        const durable = ids.filter((id) => {
          return (audits.get(id)?.durableAt.get(name) ?? Number.POSITIVE_INFINITY) <= toldAt;
        });
        audited += 1;
        if (durable.length * 2 <= ids.length) early += 1;
      }
    }
    expect({ audited, early }).toEqual({ audited: 2 * WRITES, early: 0 });
    reportProof({
      fault: 'acknowledgements audited with strace: synced on a majority before they are sent',
      count: audited,
      held: `${early} told too early`,
      figures: '',
    });
  });
}

function traceFile(id: string): string {
  return join(dir, `${id}.trace`);
}

function whereOf(id: string): { readonly logPath: string; readonly clientPort: number } {
  return { logPath: `${rig?.dataDir(id)}/`, clientPort: rig?.clientPort(id) ?? 0 };
}

/** Attaches strace to all threads of a node; afterwards it traces. */
async function watch(id: string, pid: number): Promise<void> {
  const calls = 'pwritev,pwrite64,pwritev2,fdatasync,write,writev,sendto,sendmsg';
  const options = ['-f', '-ttt', '-T', '-yy', '-s', '262144', '-e', `trace=${calls}`];
  const watcher = spawn('strace', [...options, '-o', traceFile(id), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  watchers.push(watcher);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    watcher.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('attached')) resolve();
    });
    watcher.once('exit', () => reject(new Error(`strace ended: ${said}`)));
  });
}

async function ended(watcher: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => watcher.once('exit', resolve));
  watcher.kill('SIGINT');
  await over;
}

function markOf(letter: string, number: number): string {
  return `m${letter}${String(number).padStart(7, '0')}m`;
}

/** Writes marked values, a window at a time, and waits for every OK. */
async function writeMarked(port: number, letter: string) {
  const socket: Socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const ownPort = socket.localPort ?? 0;
  let sent = 0;
  let answered = 0;
  let text = '';
  const fill = (): void => {
    let window = '';
    for (; sent < WRITES && sent - answered < DEPTH; sent += 1) {
      const key = `k${letter}${sent % 50}`;
      window += `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$10\r\n${markOf(letter, sent)}\r\n`;
    }
    if (window !== '') socket.write(window);
  };
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const lines = text.split('\r\n');
      text = lines.pop() ?? '';
      const wrong = lines.find((line) => line !== '+OK');
      if (wrong !== undefined) reject(new Error(`A write was answered ${wrong}`));
      answered += lines.length;
      if (answered === WRITES) resolve();
      else fill();
    });
    socket.once('error', reject);
    fill();
  });
  socket.destroy();
  return { port, mark: letter, ownPort };
}
