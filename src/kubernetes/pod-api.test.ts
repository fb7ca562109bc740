import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KubeApi } from '../../test/doubles/kube-api.ts';
import { until } from '../../test/doubles/raw-client.ts';
import { PodApi, podApiInit } from './pod-api.ts';
import { findPods } from './pod-finder.ts';

let server: KubeApi;
let api: PodApi;

beforeEach(async () => {
  server = await KubeApi.start();
  api = new PodApi(podApiInit(server.env, 'default'));
});
afterEach(() => server.close());

const LEADER = { name: 'kvstore-leader-1-a-b', container: 'kvstore-leader-1', ip: '10.0.0.1' };
const byName = (name: string) => (pods: readonly { readonly name: string }[]) =>
  pods.find((pod) => pod.name === name) ?? `no ${name}`;

describe('PodApi', () => {
  test('PodApi lists all pages, with what is known of each pod', async () => {
    server.pageSize = 2;
    server.setPod(LEADER);
    server.setPod({ name: 'new' });
    server.setPod({ name: 'old', container: 'x', ip: '10.0.0.3', isEnding: true });
    const { pods, version } = await api.list();
    expect(pods).toEqual([
      { ...LEADER, isEnding: false },
      { name: 'new', container: null, ip: null, isEnding: false },
      { name: 'old', container: 'x', ip: '10.0.0.3', isEnding: true },
    ]);
    expect(Number(version)).toBeGreaterThan(100);
    expect(server.asked).toEqual(['?limit=500', expect.stringContaining('continue=')]);
  });

  test('PodApi begins anew when the pages do not belong together any more', async () => {
    server.pageSize = 1;
    server.setPod(LEADER);
    server.setPod({ name: 'new' });
    const asked = api.list();
    await until(() => server.asked.length === 1, 'the first page was asked for');
    server.forget();
    expect((await asked).pods).toHaveLength(2);
  });

  test('PodApi takes the token anew for each request, and says when it is refused', async () => {
    const path = join(server.folder, 'token');
    const token = readFileSync(path);
    writeFileSync(path, 'wrong');
    await expect(api.list()).rejects.toMatchObject({ code: 'REQUEST_REFUSED' });
    writeFileSync(path, token);
    expect((await api.list()).pods).toEqual([]);
  });

  test('PodApi tells what the API says of a namespace it may not see', async () => {
    const other = new PodApi(podApiInit(server.env, 'kube-system'));
    await expect(other.list()).rejects.toThrow(/pods of kube-system: pods is forbidden/);
  });

  test('PodApi talks to nobody whose certificate is of another CA', async () => {
    const other = await KubeApi.start();
    writeFileSync(join(server.folder, 'ca.crt'), readFileSync(join(other.folder, 'ca.crt')));
    await other.close();
    await expect(api.list()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(server.asked).toEqual([]);
  });

  test('podApiInit() says when there is no cluster around', () => {
    expect(() => podApiInit({}, 'default')).toThrow(/KUBERNETES_SERVICE_HOST/);
  });
});

describe('findPods()', () => {
  test('findPods() takes what is there at once', async () => {
    server.setPod(LEADER);
    expect(await findPods(api, byName(LEADER.name), 5000)).toMatchObject({ ip: '10.0.0.1' });
    expect(server.asked).toEqual(['?limit=500']);
  });

  test('findPods() watches until it comes, through ends and gaps of the watch', async () => {
    server.setPod({ name: 'other' });
    const found = findPods(api, byName(LEADER.name), 20_000);
    await until(() => server.watches === 1, 'it watches');
    server.removePod('other');
    server.forget();
    server.endWatches();
    await until(() => server.asked.length > 2 && server.watches === 1, 'it watches again');
    server.setPod(LEADER);
    expect(await found).toMatchObject({ ip: '10.0.0.1' });
  });

  test('findPods() asks again and again where it may get and list alone', async () => {
    server.mayWatch = false;
    const found = findPods(api, byName(LEADER.name), 20_000);
    await until(() => server.asked.length === 3, 'it listed, may not watch, and listed again');
    server.setPod(LEADER);
    expect(await found).toMatchObject({ ip: '10.0.0.1' });
    expect(server.asked.filter((query) => query.includes('watch'))).toHaveLength(1);
  });

  test('findPods() says what is missing when the time is over', async () => {
    const found = findPods(api, byName('n'), 100);
    await expect(found).rejects.toThrow('Cannot find the pods of this cluster: no n, after 0.1 s');
  });

  test('findPods() gives up at once where it is refused', async () => {
    const other = new PodApi(podApiInit(server.env, 'kube-system'));
    await expect(findPods(other, byName('n'), 60_000)).rejects.toThrow('forbidden');
  });
});
