/** Decision 8: the order of replies, and what a read sees of its own connection's writes. */
import { afterEach, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import type { FakeReplica } from '../../../test/doubles/fake-replica.ts';
import { type RawClient, resp, until } from '../../../test/doubles/raw-client.ts';

let port: PortUnderTest;
let replica: FakeReplica;

afterEach(() => port.close());

async function open(): Promise<RawClient> {
  port = await PortUnderTest.open({ byHand: true });
  replica = port.replica;
  return port.client();
}

/** Waits until so many writes wait for their outcome. */
function proposed(count: number): Promise<void> {
  return until(() => replica.openProposals === count, `${count} writes are proposed`);
}

function roundAsked(): Promise<void> {
  return until(() => replica.openRounds === 1, 'a read asks for a round');
}

/** A write that is under way, and a read of a later turn that has asked for its round. */
async function writeThenRead(client: RawClient): Promise<void> {
  client.send('SET a 1\r\n');
  await proposed(1);
  replica.endTurn();
  client.send('GET a\r\n');
  await roundAsked();
}

const UNKNOWN = '-UNKNOWN the outcome is not known: it may or may not be applied\r\n';
const LOST = '-UNKNOWN the write before it has failed, the read was not executed\r\n';

describe('RespConnection', () => {
  it('answers in request order although local commands are done at once', async () => {
    const client = await open();
    client.send('SET a 1\r\nPING\r\nGET a\r\nECHO x\r\n');
    await proposed(1);
    replica.turn();
    await client.expect('+OK\r\n+PONG\r\n$1\r\n1\r\n$1\r\nx\r\n');
  });

  it('reads its own write of the same turn without a round, at exactly its place', async () => {
    const client = await open();
    client.send('SET a 1\r\nGET a\r\nSET a 2\r\nGET a\r\nDEL a\r\nGET a\r\n');
    await proposed(3);
    expect(replica.reads).toBe(0);
    replica.turn();
    await client.expect('+OK\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n:1\r\n$-1\r\n');
  });

  it('does not show an anchored read the writes of others behind its own', async () => {
    const client = await open();
    client.send('SET a mine\r\nGET a\r\n');
    await proposed(1);
    const other = await port.client();
    other.send('SET a other\r\n');
    await proposed(2);
    replica.turn();
    await client.expect('+OK\r\n$4\r\nmine\r\n');
    await other.expect('+OK\r\n');
  });

  it('shares one round among all reads of a turn, of all connections', async () => {
    const one = await open();
    const two = await port.client();
    one.send('GET a\r\nGET b\r\nDBSIZE\r\n');
    two.send('EXISTS a\r\nMGET a b\r\n');
    await until(() => port.server.counters.commands === 5, 'all commands came');
    expect(replica.reads).toBe(1);
    replica.turn();
    await one.expect('$-1\r\n$-1\r\n:0\r\n');
    await two.expect(':0\r\n*2\r\n$-1\r\n$-1\r\n');
  });

  it('makes a read of a later turn wait for its write when the round ends first', async () => {
    const client = await open();
    await writeThenRead(client);
    replica.readReady(1);
    replica.endTurn();
    expect(client.received).toBe('');
    replica.settle(1);
    replica.endTurn();
    await client.expect('+OK\r\n$1\r\n1\r\n');
  });

  it('makes a read of a later turn wait for its round when the write is settled first', async () => {
    const client = await open();
    await writeThenRead(client);
    replica.settle(1);
    replica.endTurn();
    await client.expect('+OK\r\n');
    expect(client.received).toBe('');
    replica.readReady(1);
    replica.endTurn();
    await client.expect('$1\r\n1\r\n');
  });

  it('holds a write behind a read that waits, and everything behind the write', async () => {
    const client = await open();
    client.send('GET a\r\nSET a 1\r\nPING\r\nGET a\r\n');
    await roundAsked();
    expect(replica.proposals).toBe(0);
    replica.endTurn();
    expect(replica.proposals).toBe(0);
    replica.readReady(1);
    // Not from within the replica's callback, but at the end of its turn.
    expect(replica.proposals).toBe(0);
    replica.endTurn();
    expect(replica.proposals).toBe(1);
    replica.turn();
    await client.expect('$-1\r\n+OK\r\n+PONG\r\n$1\r\n1\r\n');
  });

  it('does not anchor a read to a write that was sealed before it came', async () => {
    const client = await open();
    client.send('GET a\r\nSET a 1\r\n');
    await roundAsked();
    replica.readReady(1);
    replica.endTurn();
    expect(replica.openProposals).toBe(1);
    // The held write belongs to the turn that began after this one: one more end and it is sealed.
    replica.endTurn();
    client.send('GET a\r\n');
    await roundAsked();
    replica.turn();
    await client.expect('$-1\r\n+OK\r\n$1\r\n1\r\n');
  });

  it.each([
    ['was applied', true],
    ['was not applied', false],
  ])(
    'gives a read a round of its own whose write has no known outcome and %s',
    async (_, applied) => {
      const client = await open();
      client.send('SET a 1\r\nGET a\r\n');
      await proposed(1);
      replica.settle(1, 'unknown', applied);
      expect(replica.reads).toBe(0);
      replica.endTurn();
      expect(replica.reads).toBe(1);
      // A write that comes now waits for the read.
      client.send('SET a 2\r\n');
      await client.expect(UNKNOWN);
      expect(replica.proposals).toBe(1);
      replica.readReady(1);
      replica.endTurn();
      await client.expect(applied ? '$1\r\n1\r\n' : '$-1\r\n');
      await proposed(1);
      replica.turn();
      await client.expect('+OK\r\n');
    },
  );

  it('refuses a read that has lost its place before a later write', async () => {
    const client = await open();
    client.send('SET a 1\r\nGET a\r\nSET a 2\r\nGET a\r\n');
    await proposed(2);
    replica.settle(1, 'unknown');
    replica.settle(1);
    replica.endTurn();
    expect(replica.reads).toBe(0);
    await client.expect(`${UNKNOWN}${LOST}+OK\r\n$1\r\n2\r\n`);
  });

  it.each([
    ['noLeader', '-NOLEADER no leader is known, the command was not executed\r\n'],
    ['busy', '-BUSY the node has too much to do, the command was not executed\r\n'],
    ['diskFull', "-DISKFULL this node's disk is full, the command was not executed\r\n"],
    ['stopping', '-STOPPING the node is shutting down, the command was not executed\r\n'],
    ['unknown', UNKNOWN],
  ] as const)('says %s in its own words, for writes and for reads', async (outcome, text) => {
    const client = await open();
    client.send('SET a 1\r\n');
    await proposed(1);
    replica.settle(1, outcome);
    replica.endTurn();
    await client.expect(text);
    client.send('GET a\r\n');
    await roundAsked();
    replica.readReady(1, outcome);
    replica.endTurn();
    await client.expect(text);
  });

  it('frees a held write when the round before it was refused', async () => {
    const client = await open();
    client.send('GET a\r\nSET a 1\r\n');
    await roundAsked();
    replica.readReady(1, 'noLeader');
    replica.endTurn();
    expect(replica.openProposals).toBe(1);
    replica.turn();
    await client.expect('-NOLEADER no leader is known, the command was not executed\r\n+OK\r\n');
  });

  it('pauses while the replica is full and goes on when there is room', async () => {
    const client = await open();
    replica.full = true;
    client.send('PING\r\nSET a 1\r\nPING\r\n');
    await client.expect('+PONG\r\n');
    expect(replica.proposals).toBe(0);
    replica.makeRoom();
    expect(replica.openProposals).toBe(1);
    replica.turn();
    await client.expect('+OK\r\n+PONG\r\n');
  });

  it('lets go of a client that leaves with commands at work', async () => {
    const client = await open();
    client.send('SET a 1\r\nGET a\r\nGET b\r\n');
    await proposed(1);
    client.socket.resetAndDestroy();
    await until(() => port.server.connections === 0, 'the connection is gone');
    replica.turn();
    expect(replica.query('a')).toBe('1');
  });

  it('answers what a client sent before it closed its side, held commands too', async () => {
    const client = await open();
    client.send('GET a\r\nSET a 1\r\nGET a\r\n');
    client.socket.end();
    await roundAsked();
    replica.turn();
    await proposed(1);
    replica.turn();
    expect(await client.takeUntilClosed()).toBe('$-1\r\n+OK\r\n$1\r\n1\r\n');
  });

  it('writes the replies of a turn at once', async () => {
    const client = await open();
    let chunks = 0;
    client.socket.on('data', () => {
      chunks += 1;
    });
    client.send('SET a 1\r\nGET a\r\nINCR n\r\n'.repeat(100));
    await proposed(200);
    replica.turn();
    await client.take((received) => received.endsWith(':100\r\n'));
    expect(chunks).toBe(1);
  });

  it('reads its own writes in 20,000 pipelined pairs among the writes of others', async () => {
    port = await PortUnderTest.open();
    const own = await port.client();
    const other = await port.client();
    let noise = true;
    const noisy = (async () => {
      while (noise) {
        other.send(resp('SET', 'k', 'noise').repeat(20));
        await other.expect('+OK\r\n'.repeat(20));
      }
    })();
    for (let round = 0; round < 200; round += 1) {
      let sent = '';
      let expected = '';
      for (let i = 0; i < 100; i += 1) {
        const value = String(round * 100 + i);
        sent += resp('SET', 'k', value) + resp('GET', 'k');
        expected += `+OK\r\n$${value.length}\r\n${value}\r\n`;
      }
      own.send(sent);
      await own.expect(expected);
    }
    noise = false;
    await noisy;
    expect(port.replica.proposals).toBeGreaterThan(20_000);
  });
});
