/**
 * What is no request at all, on every port of every node: random bytes, headers that announce more
 * than there is memory, connections that never say anything. Nobody may notice.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prng } from '../../src/std/prng.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';
import { IS_FULL, scaled } from '../doubles/program.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

/** Far fewer than one round of garbage opens on a node. */
const OWN_SOCKETS_MAX = 2;
const ROUNDS = scaled(12, 50);
/** From here on memory has settled. */
const SETTLED_ROUND = scaled(6, 10);
/** The least of so many rounds: what garbage collection leaves, not what it has yet to take. */
const RSS_ROUNDS = 3;
const RSS_GROWTH_MAX = 20 * 1024 * 1024;
const RANDOM_BYTES = 100_000;
/** Connections to each port that stay open for a while and never finish a request. */
const HALF_OPEN = 5;
const HALF_OPEN_ROUNDS = 3;
/** How long a node may think about garbage before it closes the connection; else we do. */
const PATIENCE_MS = 300;

const HEADERS: Readonly<Record<string, string>> = {
  'an array of 2 GiB': '*2147483648\r\n',
  'a bulk string of 2 GiB': '*2\r\n$3\r\nGET\r\n$2147483648\r\n',
  'a bulk string of 2 GiB without an array': '$2147483648\r\n',
  'a body of 99 GB':
    'POST /key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99000000000\r\n\r\n{',
  'a chunk of 99 GB':
    'POST /key HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n170cdc1e00\r\n{',
};
const UNFINISHED = ['', '*', '*3\r\n$3\r\nSET\r\n', 'GET /status HTT', '\u0000'];

let rig: ClusterRig;
let halfOpen: { readonly socket: Socket; readonly round: number }[] = [];

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 18030 });
});

afterAll(async () => {
  for (const { socket } of halfOpen) socket.destroy();
  await rig?.dispose();
});

test(`nodes serve through ${ROUNDS} rounds of garbage on all ports, with the same leader and memory`, {
  timeout: ROUNDS * 20_000,
}, async () => {
  const prng = new Prng(IS_FULL ? Date.now() : 7);
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const before = await statuses();
  const sockets = await socketCounts();
  const load = new WriteLoad({ addresses, writers: 3, depth: 2, pauseMs: 20, tag: 'w' });
  const rss: number[][] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await throwGarbage(prng);
    openHalf(round, prng);
    await expectServing(round);
    rss.push(await rssOfNodes());
  }
  await load.stop();
  for (const { socket } of halfOpen) socket.destroy();
  expect([...load.refusals], 'writes refused meanwhile').toEqual([]);
  expect(load.connectionsLost, 'connections of well-behaved clients lost').toBe(0);
  const after = await statuses();
  expect(after.map(({ term, leader }) => ({ term, leader }))).toEqual(
    before.map(({ term, leader }) => ({ term, leader })),
  );
  expect(after.map(({ incarnation }) => incarnation)).toEqual(
    before.map(({ incarnation }) => incarnation),
  );
  rig.ids().forEach((id, i) => {
    const of = (from: number): number =>
      Math.min(...rss.slice(from, from + RSS_ROUNDS).map((row) => row[i] ?? 0));
    const growth = of(ROUNDS - RSS_ROUNDS) - of(SETTLED_ROUND - 1);
    const curve = rss.map((row) => Math.round((row[i] ?? 0) / 1024 / 1024)).join(' ');
    expect(growth, `memory of ${id} in MiB: ${curve}`).toBeLessThan(RSS_GROWTH_MAX);
  });
  // The test's own questions to the admin ports keep a connection or two alive.
  const leaked = async (): Promise<boolean> =>
    (await socketCounts()).some((count, at) => count > (sockets[at] as number) + OWN_SOCKETS_MAX);
  await expect.poll(leaked, { timeout: 15_000 }).toBe(false);
  for (const address of addresses) expect(await findLosses(address, [load])).toEqual([]);
});

function ports(): { readonly what: string; readonly address: string }[] {
  return rig.ids().flatMap((id) => [
    { what: `${id} client`, address: rig.clientAddress(id) },
    { what: `${id} peer`, address: rig.peerAddress(id) },
    { what: `${id} admin`, address: rig.adminAddress(id) },
  ]);
}

async function throwGarbage(prng: Prng): Promise<void> {
  const pieces = [randomBytes(prng), ...Object.values(HEADERS).map((text) => Buffer.from(text))];
  const throws = ports().flatMap(({ address }) => pieces.map((bytes) => send(address, bytes)));
  await Promise.all(throws);
}

function randomBytes(prng: Prng): Buffer {
  const bytes = Buffer.alloc(RANDOM_BYTES);
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(prng.u32(), at);
  return bytes;
}

/** Sends and waits until the other side closes, or long enough. */
function send(address: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = open(address);
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.write(bytes);
  });
}

function openHalf(round: number, prng: Prng): void {
  for (const { address } of ports()) {
    for (let i = 0; i < HALF_OPEN; i += 1) {
      const socket = open(address);
      socket.write(prng.pick(UNFINISHED), 'latin1');
      halfOpen.push({ socket, round });
    }
  }
  const isOld = (one: { readonly round: number }): boolean => one.round <= round - HALF_OPEN_ROUNDS;
  // Some say good-bye, some are just gone.
  for (const { socket } of halfOpen.filter(isOld)) {
    if (prng.chance(0.5)) socket.resetAndDestroy();
    else socket.destroy();
  }
  halfOpen = halfOpen.filter((one) => !isOld(one));
}

function open(address: string): Socket {
  const [host, port] = address.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  socket.on('error', () => {});
  socket.resume();
  return socket;
}

async function expectServing(round: number): Promise<void> {
  for (const id of rig.ids()) {
    const what = `${id}, round ${round}`;
    expect(await once(rig.clientAddress(id), 'SET', 'round', `${round}`), what).toBe('OK');
    expect(await once(rig.clientAddress(id), 'GET', 'round'), what).toBe(`${round}`);
  }
}

function statuses() {
  return Promise.all(rig.ids().map((id) => rig.nodeStatus(id)));
}

async function rssOfNodes(): Promise<number[]> {
  const pids = await Promise.all(rig.ids().map((id) => rig.pid(id)));
  return pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]);
  });
}

/** Sockets of each node. Files do not count: a log opens its next segment when it sees fit. */
async function socketCounts(): Promise<number[]> {
  const pids = await Promise.all(rig.ids().map((id) => rig.pid(id)));
  return pids.map((pid) => readdirSync(`/proc/${pid}/fd`).filter((fd) => isSocket(pid, fd)).length);
}

function isSocket(pid: number, fd: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
  } catch {
    return false; // Closed since the folder was read.
  }
}
