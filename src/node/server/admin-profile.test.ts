import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin, SECRET_HEX } from '../../../test/doubles/admin-replica.ts';
import { PROFILE_STARTED_HEADER } from '../../wire/profiles.ts';
import type { AdminServer } from './admin.ts';

let server: AdminServer;
let replica: FakeAdminReplica;
beforeEach(async () => {
  replica = new FakeAdminReplica();
  server = await openAdmin([replica]);
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly startedMonoMs: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any form.
  readonly json: any;
}

function profile(query: string, secret = SECRET_HEX): Promise<Answer> {
  const [host, port] = server.address.split(':');
  const headers = { 'x-raftctl-secret': secret };
  const path = `/v1/profile?${query}`;
  return new Promise((resolve, reject) => {
    const call = request(
      { method: 'POST', host, port, path, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => {
          const startedMonoMs = Number(response.headers[PROFILE_STARTED_HEADER]);
          resolve({ status: response.statusCode ?? 0, startedMonoMs, json: JSON.parse(text) });
        });
      },
    );
    call.on('error', reject);
    call.end();
  });
}

describe('POST /v1/profile', () => {
  test('POST /v1/profile samples the processor from the instant that was asked for', async () => {
    const at = Number(process.hrtime.bigint()) / 1e6 + 120;
    const { status, json, startedMonoMs } = await profile(`kind=cpu&ms=60&interval=200&at=${at}`);
    expect(status).toBe(200);
    expect(startedMonoMs).toBeGreaterThanOrEqual(at);
    expect(json.startTime).toBe(Math.round(startedMonoMs * 1000));
    expect(json.nodes[0].callFrame.functionName).toBe('(root)');
    expect(json.samples.length).toBe(json.timeDeltas.length);
    expect(json.endTime - json.startTime).toBeGreaterThanOrEqual(55_000);
  });

  test('POST /v1/profile begins exactly then when it may begin to sample before', async () => {
    const at = Number(process.hrtime.bigint()) / 1e6 + 3000;
    const { json, startedMonoMs } = await profile(`kind=cpu&ms=30&at=${at}&warm=2800`);
    expect(startedMonoMs).toBe(at);
    expect(json.startTime).toBe(Math.round(at * 1000));
    expect((await profile('kind=cpu&ms=1&warm=x')).status).toBe(400);
  });

  test('POST /v1/profile gives allocations and the heap in the formats of DevTools', async () => {
    const heap = await profile('kind=heap&ms=20');
    expect(heap.json.head.callFrame.functionName).toBe('(root)');
    let garbage: unknown[] = [];
    const making = setInterval(() => {
      for (let i = 0; i < 20_000; i += 1) garbage.push({ i });
      garbage = [];
    }, 1);
    const allocs = await profile('kind=allocs&ms=200');
    clearInterval(making);
    const size = (node: { selfSize: number; children: never[] }): number =>
      node.children.reduce((sum, child) => sum + size(child), node.selfSize);
    expect(size(allocs.json.head)).toBeGreaterThan(1_000_000);
    const snapshot = await profile('kind=snapshot');
    expect(snapshot.json.snapshot.meta.node_fields).toContain('self_size');
    expect(snapshot.json.snapshot.node_count).toBeGreaterThan(1000);
  });

  test('POST /v1/profile takes one at a time, for those who know the secret, as they mean it', async () => {
    const first = profile('kind=cpu&ms=600');
    await expect.poll(async () => (await profile('kind=cpu&ms=1')).status).toBe(409);
    expect((await first).status).toBe(200);
    expect((await profile('kind=cpu&ms=1', 'f'.repeat(64))).status).toBe(401);
    for (const query of ['kind=disk', '', 'kind=cpu&ms=-1', 'kind=cpu&ms=x', 'kind=cpu&depth=3']) {
      expect((await profile(query)).status, query).toBe(400);
    }
  });

  test('GET /v1/log gives the newest batches', async () => {
    replica.newest = [
      { first: 5, last: 9, term: 2, kind: 'commands', bytes: 312, checksum: '00ff00ff' },
    ];
    const response = await fetch(`http://${server.address}/v1/log`);
    expect(await response.json()).toEqual({
      schema: 'raftctl/admin.log/v1',
      data: { id: 'n1', batches: replica.newest },
    });
  });
});
