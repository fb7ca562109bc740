import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EXPIRED_DAYS, Keys } from '../../../test/doubles/keys.ts';
import {
  heartbeat,
  memberPorts,
  openStation,
  type Station,
} from '../../../test/doubles/transport-rig.ts';
import type { Security } from '../../wire/security.ts';
import { SHAKING_CONNECTIONS_MAX } from './peer-tls.ts';

let keys: Keys;
let strangers: Keys;
let expired: Keys;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  [keys, strangers, expired] = await Promise.all([
    Keys.make(['n1', 'n2', 'n3']),
    Keys.make(['n1', 'n2']),
    Keys.make(['n1', 'n2']),
  ]);
  await expired.folder.renew(EXPIRED_DAYS);
});
afterAll(() => Promise.all([keys, strangers, expired].map((made) => made?.remove())));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NAMES = ['n1', 'n2', 'n3'];
const known = (count: number) => ({
  nameOf: (member: number) => (member <= count ? (NAMES[member - 1] ?? null) : null),
  numberOf: (name: string) => {
    const number = NAMES.indexOf(name) + 1;
    return number > 0 && number <= count ? number : null;
  },
});

type Ports = ReadonlyMap<number, number>;

async function station(
  member: number,
  ports: Ports,
  security: Security,
  knownMembers = 3,
): Promise<Station> {
  const init = { security: { security, ...known(knownMembers) } };
  const made = await openStation(member, ports, init);
  cleanups.push(() => made.transport.close());
  return made;
}

/** Member 1 with its own keys. */
async function one(ports: Ports, knownMembers = 3): Promise<Station> {
  return station(1, ports, await keys.shown('n1'), knownMembers);
}

function rejected({ transport }: Station, reason: string): number {
  return transport.stats().rejected[reason] ?? 0;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {}).resume();
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((done) => socket.once('close', () => done()));

describe('PeerTls', () => {
  it('carries messages both ways between members that show their own certificates', async () => {
    const ports = await memberPorts(2);
    const first = await one(ports);
    const second = await station(2, ports, await keys.shown('n2'));
    await first.recorder.until(() => first.recorder.isUp(2));
    await second.recorder.until(() => second.recorder.isUp(1));
    first.transport.send(heartbeat(1, 2));
    first.transport.flush();
    second.transport.send(heartbeat(2, 1));
    second.transport.flush();
    await first.recorder.until(() => first.recorder.messages.length === 1);
    await second.recorder.until(() => second.recorder.messages.length === 1);
  });

  it.each([
    ['a certificate of another authority', () => keys.shown('n2', strangers)],
    ['one that has expired', () => keys.shown('n2', expired)],
  ])('refuses %s, from either end, before any byte of Raft', async (_what, make) => {
    const ports = await memberPorts(2);
    const first = await one(ports);
    const second = await station(2, ports, await make());
    await first.recorder.until(() => rejected(first, 'tls') > 0);
    expect(second.recorder.events).toEqual([]);
    expect(first.recorder.events).toEqual([]);
  });

  it('refuses an acceptor whose certificate is not trusted', async () => {
    const ports = await memberPorts(2);
    await station(1, ports, await keys.shown('n1', strangers));
    const second = await station(2, ports, await keys.shown('n2'));
    await second.recorder.until(() => rejected(second, 'tls') > 0);
    expect(second.recorder.events).toEqual([]);
  });

  it('refuses a member that shows the certificate of another, or of the operator', async () => {
    for (const name of ['n3', 'operator']) {
      const ports = await memberPorts(2);
      const first = await one(ports);
      const second = await station(2, ports, await keys.shown(name));
      await first.recorder.until(() => rejected(first, 'name') > 0);
      expect(first.recorder.events).toEqual([]);
      expect(second.recorder.events).toEqual([]);
    }
  });

  it('refuses to be let in by somebody who shows the certificate of another', async () => {
    const ports = await memberPorts(2);
    await station(1, ports, await keys.shown('n3'));
    const second = await station(2, ports, await keys.shown('n2'));
    await second.recorder.until(() => rejected(second, 'name') > 0);
    expect(second.recorder.events).toEqual([]);
  });

  it('lets in a newer member that is not known yet, unless it bears a known name', async () => {
    const ports = await memberPorts(3);
    const old = new Map([...ports].filter(([member]) => member < 3));
    const first = await one(old, 2);
    const third = await station(3, ports, await keys.shown('n3'));
    await first.recorder.until(() => first.recorder.isUp(3));
    await third.transport.close();
    await station(3, ports, await keys.shown('n2'));
    await first.recorder.until(() => rejected(first, 'name') > 0);
  });

  it('closes a plain connection, and one that has no certificate', async () => {
    const ports = await memberPorts(2);
    const first = await one(ports);
    const plain = await dial(ports.get(1) as number);
    plain.write('raftctl\n and so on: this is no TLS at all');
    await closed(plain);
    expect(rejected(first, 'tls')).toBe(1);
    const nameless = connectTls({ port: ports.get(1) as number, ca: await keys.ca() });
    nameless.on('error', () => {}).resume();
    await closed(nameless);
    await first.recorder.until(() => rejected(first, 'tls') === 2);
  });

  it('refuses garbage behind a good certificate', async () => {
    const ports = await memberPorts(2);
    const first = await one(ports);
    const both = await keys.identity('n2');
    const socket = connectTls({
      ...{ port: ports.get(1) as number, ca: await keys.ca(), cert: both, key: both },
      checkServerIdentity: () => undefined,
    });
    socket.on('error', () => {}).resume();
    socket.write('not a handshake of members');
    await closed(socket);
    expect(rejected(first, 'garbage')).toBe(1);
  });

  it('closes the oldest of too many that do not end their handshake', async () => {
    const ports = await memberPorts(2);
    const first = await one(ports);
    const sockets = [];
    for (let i = 0; i < SHAKING_CONNECTIONS_MAX; i += 1) {
      sockets.push(await dial(ports.get(1) as number));
    }
    const oldest = closed(sockets[0] as Socket);
    await dial(ports.get(1) as number);
    await oldest;
    expect(rejected(first, 'crowded')).toBe(1);
    const second = await station(2, ports, await keys.shown('n2'));
    await second.recorder.until(() => second.recorder.isUp(1));
  });

  it('closes one that takes too long over its handshake', async () => {
    const ports = await memberPorts(2);
    const first = await one(ports);
    await closed(await dial(ports.get(1) as number));
    expect(rejected(first, 'tls')).toBe(1);
  });

  it('shows and trusts what was read last, on the next connection', async () => {
    const rotating = await Keys.make(['n1', 'n2']);
    cleanups.push(() => rotating.remove());
    const ports = await memberPorts(2);
    const security = rotating.security('n1');
    cleanups.push(() => security.close());
    const first = await station(1, ports, security);
    await rotating.folder.prepareAuthority('test');
    await rotating.folder.renew(30);
    const newcomer = await rotating.shown('n2');
    const early = await station(2, ports, newcomer);
    await first.recorder.until(() => rejected(first, 'tls') > 0);
    await early.transport.close();
    security.reload((facts) => expect(facts).toMatchObject({ name: 'n1' }));
    const second = await station(2, ports, newcomer);
    await second.recorder.until(() => second.recorder.isUp(1));
  });
});
