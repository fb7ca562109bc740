import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeStatus } from '../../test/doubles/node-status.ts';
import { handOver } from './leader.ts';
import { ClusterStore } from './store.ts';
import { type ClusterNode, NO_WISH, planCluster } from './topology.ts';

const TOO_SLOW = { error: { code: 'WAIT_TIMEOUT', message: 'n2 did not take over', hint: null } };
const DONE = { data: { from: 'n1', to: 'n2', term: 3, durationMs: 4 } };

let folder: string;
let server: Server;
let asked: string[];
let slowTries: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-leader-'));
  asked = [];
  slowTries = 1;
  // The node of the leader: whoever is to take over is too slow a few times.
  server = createServer((request, response) => {
    if (request.method === 'POST') asked.push(request.url ?? '');
    const { port } = server.address() as AddressInfo;
    const adminAddress = `127.0.0.1:${port}`;
    const [own] = fakeStatus().members;
    const members = own === undefined ? [] : [{ ...own, adminAddress }];
    const status = fakeStatus({ adminAddress, members });
    const answer =
      request.method === 'GET' ? { data: status } : asked.length <= slowTries ? TOO_SLOW : DONE;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function handedOver(target: 'n1' | 'n2' | null) {
  const store = new ClusterStore(folder);
  const { port } = server.address() as AddressInfo;
  const planned = planCluster({
    ...{ name: 'demo', clusterId: '00'.repeat(16), createdAt: '2026-01-01', ephemeral: false },
    wish: { ...NO_WISH, nodeCount: 1 },
    dataDirOf: (id) => join(folder, 'demo', id),
  });
  const [first] = planned.nodes;
  // As one of another machine it needs no process here.
  const host = { ssh: 'alpha', sshConfig: null, directory: '/srv', node: 'node', program: '' };
  const node = { ...first, host, adminAddress: `127.0.0.1:${port}` } as ClusterNode;
  const spec = { ...planned, nodes: [node] };
  await store.create(spec);
  const { signal } = new AbortController();
  const wish = { store, spec, timeoutMs: 5000, signal, isWaiting: false };
  return handOver({ ...wish, target: target === null ? null : { ...node, id: target } });
}

test('handOver() asks again when the one that the leader chose was too slow', async () => {
  expect(await handedOver(null)).toEqual(DONE.data);
  expect(asked).toEqual(['/v1/leader/transfer', '/v1/leader/transfer']);
});

test('handOver() asks twice more for one that was named and too slow, then says so', async () => {
  slowTries = 2;
  expect(await handedOver('n2')).toEqual(DONE.data);
  expect(asked).toHaveLength(3);
  await rm(folder, { recursive: true });
  [slowTries, asked.length] = [9, 0];
  await expect(handedOver('n2')).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  expect(asked).toEqual(Array.from({ length: 3 }, () => '/v1/leader/transfer?target=n2'));
});

test('handOver() asks for nothing when the one that is named leads', async () => {
  expect(await handedOver('n1')).toMatchObject({ from: 'n1', to: 'n1' });
  expect(asked).toEqual([]);
});
