/** Every cap of values, patterns and transactions on the client port, reached. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { type RawClient, resp, until } from '../../../test/doubles/raw-client.ts';
import { TRANSACTION_COMMANDS_MAX } from './resp-transaction.ts';
import { WATCHED_KEYS_MAX } from './resp-watch.ts';

const MIB = 1024 * 1024;
const ABORTED = '-EXECABORT Transaction discarded because of previous errors.\r\n';
let port: PortUnderTest;
let client: RawClient;

beforeEach(async () => {
  port = await PortUnderTest.open();
  client = await port.client();
});

afterEach(() => port.close());

describe('RespConnection', () => {
  it('refuses to make a value longer than 1 MiB', async () => {
    const tooLong = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n';
    client.send(resp('SET', 'a', 'v'.repeat(MIB - 1)) + resp('APPEND', 'a', 'v'));
    await client.expect(`+OK\r\n:${MIB}\r\n`);
    client.send(resp('APPEND', 'a', 'v') + resp('SETRANGE', 'a', String(MIB), 'v'));
    await client.expect(tooLong + tooLong);
    client.send(resp('SETRANGE', 'b', '9007199254740993', 'v') + resp('STRLEN', 'a'));
    await client.expect(`${tooLong}:${MIB}\r\n`);
  });

  it('refuses patterns over 1 KiB', async () => {
    const tooLong = '-ERR pattern is longer than 1024 bytes\r\n';
    const pattern = '*'.repeat(1025);
    client.send(resp('KEYS', pattern) + resp('SCAN', '0', 'MATCH', pattern));
    await client.expect(tooLong + tooLong);
    client.send(resp('KEYS', pattern.slice(1)));
    await client.expect('*0\r\n');
  });

  it('refuses the command after the last one of a transaction, and then the transaction', async () => {
    client.send(`MULTI\r\n${'PING\r\n'.repeat(TRANSACTION_COMMANDS_MAX)}`);
    await client.expect(`+OK\r\n${'+QUEUED\r\n'.repeat(TRANSACTION_COMMANDS_MAX)}`);
    client.send('PING\r\nEXEC\r\nPING\r\n');
    const error = `-ERR a transaction has at most ${TRANSACTION_COMMANDS_MAX} commands\r\n`;
    await client.expect(`${error}${ABORTED}+PONG\r\n`);
    expect(port.replica.proposals).toBe(0);
  });

  it('commits a transaction of 13 MiB and refuses one of 14', async () => {
    const set = resp('SET', 'a', 'v'.repeat(MIB));
    client.send(`MULTI\r\n${set.repeat(13)}EXEC\r\n`);
    const queued = '+QUEUED\r\n'.repeat(13);
    await client.expect(`+OK\r\n${queued}*13\r\n${'+OK\r\n'.repeat(13)}`);
    client.send(`MULTI\r\n${set.repeat(14)}EXEC\r\n`);
    const refused = '-ERR the transaction takes too much memory\r\n';
    await client.expect(`+OK\r\n${queued}${refused}${ABORTED}`);
  });

  it('counts what all clients have queued, and forgets it when they leave', async () => {
    await port.close();
    port = await PortUnderTest.open({ limits: { unparsedBytesMax: 100_000 } });
    // A queued PING holds 84 bytes.
    const [one, two] = [await port.client(), await port.client()];
    one.send(`MULTI\r\n${'PING\r\n'.repeat(1000)}`);
    await one.expect(`+OK\r\n${'+QUEUED\r\n'.repeat(1000)}`);
    two.send(`MULTI\r\n${'PING\r\n'.repeat(150)}`);
    await two.expect(`+OK\r\n${'+QUEUED\r\n'.repeat(150)}`);
    one.send(`${'PING\r\n'.repeat(60)}EXEC\r\n`);
    const text = await one.take((received) => received.endsWith(ABORTED));
    expect(text).toContain('-ERR the transaction takes too much memory\r\n');
    two.send(`${'PING\r\n'.repeat(850)}EXEC\r\n`);
    await two.expect(`${'+QUEUED\r\n'.repeat(850)}*1000\r\n${'+PONG\r\n'.repeat(1000)}`);
    one.send(`MULTI\r\n${'PING\r\n'.repeat(1000)}`);
    await one.expect(`+OK\r\n${'+QUEUED\r\n'.repeat(1000)}`);
    one.close();
    await until(() => port.server.connections === 1, 'one has left');
    two.send(`MULTI\r\n${'PING\r\n'.repeat(1000)}DISCARD\r\n`);
    await two.expect(`+OK\r\n${'+QUEUED\r\n'.repeat(1000)}+OK\r\n`);
  });

  it('lets a client watch a bounded number of keys', async () => {
    const keys = Array.from({ length: WATCHED_KEYS_MAX }, (_, i) => `k${i}`);
    client.send(resp('WATCH', ...keys) + resp('WATCH', 'one more'));
    const error = `-ERR a client watches at most ${WATCHED_KEYS_MAX} keys\r\n`;
    await client.expect(`+OK\r\n${error}`);
    client.send(`UNWATCH\r\n${resp('WATCH', ...keys)}MULTI\r\nPING\r\nEXEC\r\n`);
    await client.expect('+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n+PONG\r\n');
  });

  it('refuses a transaction whose reply no string could hold', async () => {
    await port.close();
    port = await PortUnderTest.open({ limits: { replyBytesMax: 1000 } });
    const short = await port.client();
    short.send(resp('SET', 'a', 'v'.repeat(600)));
    await short.expect('+OK\r\n');
    short.send('MULTI\r\nGET a\r\nGET a\r\nEXEC\r\n');
    const tooLong = '-ERR the reply is longer than 1000 bytes\r\n';
    await short.expect(`+OK\r\n+QUEUED\r\n+QUEUED\r\n${tooLong}`);
  });

  it('knows what is watched before it runs a transaction of the same pipeline', async () => {
    client.send('SET a 1\r\nWATCH a\r\nMULTI\r\nINCR a\r\nEXEC\r\nGET a\r\n');
    await client.expect('+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n:2\r\n$1\r\n2\r\n');
    client.send('WATCH a\r\nUNWATCH\r\nSET a 5\r\nMULTI\r\nINCR a\r\nEXEC\r\n');
    await client.expect('+OK\r\n+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n:6\r\n');
  });

  it('aborts a transaction when another client has changed what is watched', async () => {
    const other = await port.client();
    client.send('WATCH a\r\n');
    await client.expect('+OK\r\n');
    other.send('SET a 1\r\n');
    await other.expect('+OK\r\n');
    client.send('MULTI\r\nSET a mine\r\nEXEC\r\nGET a\r\n');
    await client.expect('+OK\r\n+QUEUED\r\n*-1\r\n$1\r\n1\r\n');
  });
});
