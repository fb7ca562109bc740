import { type AddressInfo, connect as connectPlain, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Keys } from '../../../test/doubles/keys.ts';
import type { Security } from '../../wire/security.ts';
import { lineServer } from './line-server.ts';

let keys: Keys;
let others: Keys;
beforeAll(async () => {
  [keys, others] = [await Keys.make(['n1', 'log1']), await Keys.make(['log1'])];
});
afterAll(async () => {
  await keys.remove();
  await others.remove();
});

/** All that is answered until the connection ends; an error in its place. */
async function asked(security: Security | null, open: (port: number) => Socket): Promise<string> {
  const server = await lineServer('127.0.0.1:0', security, (line, socket) => {
    socket.end(`heard ${line}`);
  });
  const socket = open((server.address() as AddressInfo).port);
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write('hello\n');
  const answer = await new Promise<string>((resolve) => {
    socket.on('error', (error) => resolve(`error ${error.name}`));
    socket.on('close', () => resolve(text));
  });
  socket.destroy();
  server.close();
  return answer;
}

async function withKeys(own: Keys | null, name: string): Promise<(port: number) => Socket> {
  const ca = await keys.ca();
  const pem = own === null ? null : await own.identity(name);
  const shown = pem === null ? {} : { cert: pem, key: pem };
  return (port) => connect({ host: '127.0.0.1', port, ca, ...shown });
}

test('lineServer() answers a line', async () => {
  const open = (port: number) => connectPlain({ host: '127.0.0.1', port });
  expect(await asked(null, open)).toBe('heard hello');
});

test.each(['operator', 'log1'])('lineServer() with keys answers %s', async (name) => {
  expect(await asked(keys.security('n1'), await withKeys(keys, name))).toBe('heard hello');
});

test('lineServer() with keys tells nothing to who has none, or those of another authority', async () => {
  const plain = (port: number) => connectPlain({ host: '127.0.0.1', port });
  for (const open of [plain, await withKeys(null, ''), await withKeys(others, 'log1')]) {
    expect(await asked(keys.security('n1'), open)).not.toContain('heard');
  }
});
