import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { captureProfiles } from './capture.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const task of undo.splice(0)) await task();
});

async function capture(answer: RequestListener, signal: AbortSignal): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'raftctl-capture-'));
  undo.push(() => rm(directory, { recursive: true }));
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => server.close());
  undo.push(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const nodes = [{ id: 'n1', pid: 1, adminAddress: `127.0.0.1:${port}` }];
  const wish = { kind: 'cpu', durationMs: 60_000, intervalUs: 1000, secretHex: 'ab' } as const;
  await captureProfiles({ ...wish, nodes, directory, signal });
  return readdir(directory);
}

describe('captureProfiles()', () => {
  test('captureProfiles() says what the node said, with its code', async () => {
    const error = { code: 'USAGE', message: 'it is "x"', hint: 'Say y' };
    const captured = capture((_request, response) => {
      response.writeHead(400).end(JSON.stringify({ error }));
    }, new AbortController().signal);
    const message = 'Cannot profile n1: it is "x"';
    await expect(captured).rejects.toMatchObject({ code: 'USAGE', message, hint: 'Say y' });
  });

  test('captureProfiles() is interrupted, not in trouble, when it is told to stop', async () => {
    const stop = new AbortController();
    const captured = capture(() => stop.abort(), stop.signal);
    await expect(captured).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
