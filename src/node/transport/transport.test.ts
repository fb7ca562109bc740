import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  append,
  batchAt,
  CLUSTER,
  heartbeat,
  memberPorts,
  newIncarnation,
  openStation,
  openTransport,
  REAL_CLOCK,
  Recorder,
  SECRET,
  type Station,
} from '../../../test/doubles/transport-rig.ts';
import { encodeMessage } from '../model/message-codec.ts';
import { FRAME_BYTES_MAX } from '../model/message-frame.ts';
import type { Clock } from '../ports/clock.ts';
import { SOCKET_BYTES_MAX } from './connection.ts';
import { Handshake, NONCE_BYTES } from './handshake.ts';
import { PING_BYTES } from './ping-frame.ts';
import { BULK_BYTES_MAX } from './send-queue.ts';
import { type TransportInit, UNPROVEN_CONNECTIONS_MAX } from './transport.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Ports = ReadonlyMap<number, number>;

async function station(
  member: number,
  ports: Ports,
  init: Partial<TransportInit> = {},
): Promise<Station> {
  const made = await openStation(member, ports, init);
  cleanups.push(() => made.transport.close());
  return made;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {}).resume();
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((done) => socket.once('close', () => done()));
}

/** A hand-made member that has done its handshake and then says what it likes. */
async function impostor(port: number, self: number, incarnation: string): Promise<Socket> {
  const handshake = new Handshake({
    role: 'dialer',
    self,
    cluster: CLUSTER,
    secret: SECRET,
    incarnation,
    nonce: Buffer.alloc(NONCE_BYTES, 1),
    expects: () => true,
    isStale: () => false,
  });
  const socket = await dial(port);
  socket.write(handshake.open(1));
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    const step = handshake.receive(chunk);
    socket.write(step.send);
    if (step.type === 'done') return socket;
    if (step.type === 'failed') throw new Error(`${step.reason}: ${step.detail}`);
  }
}

function rejected({ transport }: Station, reason: string): number {
  return transport.stats().rejected[reason] ?? 0;
}

async function openPair(): Promise<{ one: Station; two: Station; ports: Ports }> {
  const ports = await memberPorts(2);
  const [one, two] = await Promise.all([station(1, ports), station(2, ports)]);
  await one.recorder.until(() => one.recorder.isUp(2));
  await two.recorder.until(() => two.recorder.isUp(1));
  return { one, two, ports };
}

describe('createTransport', () => {
  it('names the address that is in use', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    cleanups.push(() => server.close());
    const { port } = server.address() as { port: number };
    await expect(openTransport(1, new Map([[1, port]]))).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    await expect(openTransport(1, new Map(), { listenAddress: 'nonsense' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('lets go of its port and of every connection when closed', async () => {
    const { one, two, ports } = await openPair();
    const stranger = await dial(ports.get(1) as number);
    const gone = closed(stranger);
    await one.transport.close();
    await gone;
    await two.recorder.until(() => !two.recorder.isUp(1));
    await station(1, ports);
  });

  it('serves a dialer that came before start', async () => {
    const ports = await memberPorts(2);
    const early = await openTransport(1, ports);
    cleanups.push(() => early.close());
    const two = await station(2, ports);
    await new Promise((wake) => setImmediate(wake));
    early.start(two.recorder);
    await two.recorder.until(() => two.recorder.isUp(1));
  });
});

describe('Transport among strangers', () => {
  it('refuses wrong cluster, secret, number and itself, and counts each', async () => {
    const cases: readonly [Partial<TransportInit>, string, string][] = [
      [{ cluster: 'ff'.repeat(16) }, 'cluster', 'refused'],
      [{ secret: Buffer.alloc(32, 1) }, 'refused', 'secret'],
    ];
    for (const [init, atAcceptor, atDialer] of cases) {
      const ports = await memberPorts(2);
      const one = await station(1, ports);
      const two = await station(2, ports, init);
      await one.recorder.until(() => rejected(one, atAcceptor) > 1); // It dialled again.
      await two.recorder.until(() => rejected(two, atDialer) > 1);
      expect([...one.recorder.events, ...two.recorder.events]).toEqual([]);
    }
    // Whoever is not newer than all that are known, and not known, does not belong any more.
    const three = await memberPorts(3);
    const known = await station(1, new Map([...three].filter(([member]) => member !== 2)));
    const left = await station(2, three);
    await known.recorder.until(() => rejected(known, 'member') > 1);
    await left.recorder.until(() => rejected(left, 'refused') > 1);
    const ports = await memberPorts(1);
    const port = ports.get(1) as number;
    const loop = await station(
      2,
      new Map([
        [2, port],
        [1, port],
      ]),
    );
    await loop.recorder.until(() => rejected(loop, 'self') > 0);
  });

  it('lets a member in that is newer than all it knows, and ends its connection when told', async () => {
    const ports = await memberPorts(3);
    const one = await station(1, new Map([...ports].filter(([member]) => member !== 3)));
    const three = await station(3, ports);
    await one.recorder.until(() => one.recorder.isUp(3));
    await three.recorder.until(() => three.recorder.isUp(1));
    // The number was given out, and belongs to nobody any more.
    one.transport.reach([{ member: 2, peerAddress: '127.0.0.1:1' }], 3);
    expect(one.recorder.links(3)).toEqual(['up', 'down']);
    await three.recorder.until(() => rejected(three, 'refused') > 0);
    expect(one.transport.send(heartbeat(1, 3, 1))).toBe(false);
  });

  it('reaches who is added while it runs, and at another address who moved', async () => {
    const ports = await memberPorts(3);
    const addressOf = (member: number) => {
      return { member, peerAddress: `127.0.0.1:${ports.get(member)}` };
    };
    const three = await station(3, new Map([[3, ports.get(3) as number]]));
    const one = await station(1, ports);
    three.transport.reach([addressOf(1), { member: 2, peerAddress: '127.0.0.1:1' }]);
    await one.recorder.until(() => one.recorder.isUp(3));
    const two = await station(2, ports);
    three.transport.reach([addressOf(1), addressOf(2)]);
    await two.recorder.until(() => two.recorder.isUp(3));
    await three.recorder.until(() => three.recorder.isUp(2));
    expect(three.recorder.links(1)).toEqual(['up']);
  });

  it('stays up and small under garbage, HTTP and endless streams', async () => {
    const { one, two, ports } = await openPair();
    const port = ports.get(1) as number;
    const kinds = [
      Buffer.alloc(100_000, 0xa5),
      Buffer.from('GET / HTTP/1.1\r\nContent-Length: 99000000000\r\n\r\n'),
      Buffer.from('*1000000\r\n$2147483648\r\n'),
      Buffer.concat([Buffer.from('raftctl\n\x01\x00\x01\x00', 'latin1'), Buffer.alloc(100_000)]),
    ];
    const round = async (): Promise<void> => {
      const sockets = await Promise.all(kinds.map(() => dial(port)));
      await Promise.all(
        sockets.map(async (socket, i) => {
          const gone = closed(socket);
          socket.write(kinds[i] as Buffer);
          await gone;
        }),
      );
    };
    for (let i = 0; i < 10; i += 1) await round();
    const rssBefore = process.memoryUsage.rss();
    for (let i = 0; i < 40; i += 1) await round();
    expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(20 * 1024 * 1024);
    expect(rejected(one, 'garbage') + rejected(one, 'cluster')).toBe(200);
    one.transport.send(heartbeat(1, 2));
    one.transport.flush();
    await two.recorder.until(() => two.recorder.messages.length === 1);
    expect(two.recorder.links(1)).toEqual(['up']);
  });

  it('closes the oldest when too many have not proved themselves', async () => {
    const ports = await memberPorts(1);
    const one = await station(1, ports);
    const first = await dial(ports.get(1) as number);
    const gone = closed(first);
    for (let i = 0; i < UNPROVEN_CONNECTIONS_MAX; i += 1) await dial(ports.get(1) as number);
    await gone;
    expect(rejected(one, 'crowded')).toBe(1);
  });

  it('gives a silent stranger five seconds', async () => {
    const ports = await memberPorts(1);
    const one = await station(1, ports);
    const socket = await dial(ports.get(1) as number);
    const openedMs = performance.now();
    socket.write('raft');
    await closed(socket);
    expect(performance.now() - openedMs).toBeGreaterThan(4500);
    expect(rejected(one, 'timeout')).toBe(1);
  });
});

describe('Transport among members', () => {
  it('closes a member that sends damaged, oversize or misaddressed frames', async () => {
    const ports = await memberPorts(3);
    const one = await station(1, ports);
    const port = ports.get(1) as number;
    const damaged = encodeMessage(heartbeat(2, 1));
    damaged[30] = 0xff;
    const oversize = encodeMessage(heartbeat(2, 1));
    oversize.writeUInt32LE(FRAME_BYTES_MAX + 1, 4);
    const cases: readonly [Buffer, string][] = [
      [damaged, 'corrupt'],
      [oversize, 'oversize'],
      [Buffer.alloc(100_000), 'garbage'],
      [encodeMessage(heartbeat(3, 1)), 'address'],
      [encodeMessage(heartbeat(2, 3)), 'address'],
    ];
    const life = newIncarnation();
    for (const [bytes, reason] of cases) {
      const before = rejected(one, reason);
      const socket = await impostor(port, 2, life);
      const gone = closed(socket);
      socket.write(Buffer.concat([encodeMessage(heartbeat(2, 1)), bytes]));
      await gone;
      expect(rejected(one, reason), reason).toBe(before + 1);
    }
    // What came before the damage was delivered, nothing after it.
    expect(one.recorder.messages).toEqual(cases.map(() => heartbeat(2, 1)));
    expect(one.recorder.links(2)).toEqual(cases.flatMap(() => ['up', 'down']));
  });

  it('replaces a member’s older life, which never talks again', async () => {
    const ports = await memberPorts(3);
    const one = await station(1, ports);
    const port = ports.get(1) as number;
    const [older, newer] = [newIncarnation(), newIncarnation()];
    const first = await impostor(port, 2, older);
    const firstClosed = closed(first);
    const second = await impostor(port, 2, newer);
    await firstClosed;
    await expect(impostor(port, 2, older)).rejects.toThrow('stale');
    expect(rejected(one, 'stale')).toBe(1);
    second.write(encodeMessage(heartbeat(2, 1)));
    await one.recorder.until(() => one.recorder.messages.length === 1);
    const again = await impostor(port, 2, newer); // The same life may connect again.
    await closed(second);
    again.write(encodeMessage(heartbeat(2, 1, 5)));
    await one.recorder.until(() => one.recorder.messages.length === 2);
    expect(one.recorder.links(2)).toEqual(['up', 'down', 'up', 'down', 'up']);
  });

  it('keeps heartbeats ahead of bulk, and bounds what waits for a stopped member', async () => {
    const ports = await memberPorts(2);
    const one = await station(1, ports);
    const socket = await impostor(ports.get(1) as number, 2, newIncarnation());
    socket.pause();
    await one.recorder.until(() => one.recorder.isUp(2));
    const { transport } = one;
    const batch = batchAt(1, 512 * 1024);
    let queued = 0;
    for (let i = 0; i < 200; i += 1) {
      if (transport.send(append(1, 2, batch))) queued += 1;
      transport.flush();
    }
    expect(queued).toBeLessThan(200);
    const peer = (): { queuedBytes: number; droppedMessages: number } | undefined =>
      transport.stats().peers[0];
    expect(peer()?.droppedMessages).toBe(200 - queued);
    const slack = batch.bytes.length + 1024;
    expect(peer()?.queuedBytes).toBeLessThan(BULK_BYTES_MAX + SOCKET_BYTES_MAX + slack);
    expect(transport.send(heartbeat(1, 2, 9))).toBe(true);
    transport.flush();
    // The heartbeat overtakes everything that the socket had not taken yet.
    const beat = encodeMessage(heartbeat(1, 2, 9));
    const chunks: Buffer[] = [];
    let receivedBytes = 0;
    const bulkBytes = queued * batch.bytes.length;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      receivedBytes += chunk.length;
    });
    socket.resume();
    await one.recorder.until(() => receivedBytes >= bulkBytes);
    const received = Buffer.concat(chunks);
    const at = received.indexOf(beat);
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(received.length - BULK_BYTES_MAX / 2);
    await one.recorder.until(() => peer()?.queuedBytes === 0);
    expect(transport.send(append(1, 2, batch))).toBe(true);
  });

  it('gives up a member that has been silent for ten sweeps, and counts it', async () => {
    const sweeps: (() => void)[] = [];
    const clock: Clock = {
      ...REAL_CLOCK,
      after(delayMs, task) {
        if (delayMs !== 1000) return REAL_CLOCK.after(delayMs, task);
        sweeps.push(task);
        return { cancel: () => {} };
      },
    };
    const ports = await memberPorts(2);
    const transport = await openTransport(1, ports, {}, clock);
    cleanups.push(() => transport.close());
    const recorder = new Recorder();
    transport.start(recorder);
    const socket = await impostor(ports.get(1) as number, 2, newIncarnation());
    await recorder.until(() => recorder.isUp(2));
    const sweep = (): void => sweeps.shift()?.();
    for (let i = 0; i < 10; i += 1) sweep();
    expect(recorder.isUp(2)).toBe(true);
    socket.write(encodeMessage(heartbeat(2, 1))); // A sign of life begins the count anew.
    await recorder.until(() => recorder.messages.length === 1);
    for (let i = 0; i < 10; i += 1) sweep();
    expect(recorder.isUp(2)).toBe(true);
    sweep();
    expect(recorder.isUp(2)).toBe(false);
    expect(transport.stats().rejected).toEqual({ silence: 1 });
    const peer = transport.stats().peers[0];
    // Its own pings: one at the beginning and one a sweep, but for the last.
    expect(peer).toMatchObject({ connected: false, sentBytes: 21 * PING_BYTES });
  });

  it('measures the round trip', async () => {
    const { one, two } = await openPair();
    for (const { transport, recorder } of [one, two]) {
      await recorder.until(() => transport.stats().peers[0]?.rttMs !== null);
      expect(transport.stats().peers[0]?.rttMs).toBeLessThan(1000);
    }
  });

  it('notices at both ends, within moments, that the process between them was killed', async () => {
    // A killed process's sockets end the same way whatever it ran; this one passes bytes on.
    const ports = await memberPorts(2);
    const relay = spawn(process.execPath, ['-e', RELAY, String(ports.get(1))]);
    cleanups.push(() => relay.kill('SIGKILL'));
    const [relayPort] = (await once(relay.stdout, 'data')) as [Buffer];
    const one = await station(1, ports);
    const two = await station(2, new Map([...ports, [1, Number(relayPort)]]), {
      listenAddress: `127.0.0.1:${ports.get(2)}`,
    });
    await one.recorder.until(() => one.recorder.isUp(2));
    await two.recorder.until(() => two.recorder.isUp(1));
    const killedMs = performance.now();
    relay.kill('SIGKILL');
    await one.recorder.until(() => !one.recorder.isUp(2));
    await two.recorder.until(() => !two.recorder.isUp(1));
    expect(performance.now() - killedMs).toBeLessThan(500);
  });
});

/** Passes bytes on to a port; prints its own. */
const RELAY = `
  const { connect, createServer } = require('node:net');
  const server = createServer((from) => {
    const to = connect({ host: '127.0.0.1', port: Number(process.argv[1]) });
    from.on('error', () => {}).pipe(to.on('error', () => {})).pipe(from);
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;
