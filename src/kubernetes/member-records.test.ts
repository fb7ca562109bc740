import { afterEach, beforeEach, expect, test } from 'vitest';
import { DnsServer } from '../../test/doubles/dns-server.ts';
import { KubeApi } from '../../test/doubles/kube-api.ts';
import { membersByApi, membersByDns, parseDiscovery } from './member-records.ts';
import { PodApi, podApiInit } from './pod-api.ts';

let dns: DnsServer;
beforeEach(async () => {
  dns = await DnsServer.start();
});
afterEach(() => dns.close());

test('membersByDns() takes targets and ports of the SRV records, in one order', async () => {
  const targets = ['demo-1.demo.svc', 'demo-0.demo.svc'];
  dns.records.set(
    '_admin._tcp.demo.svc',
    targets.map((target) => ({ target, port: 13_000 })),
  );
  const found = await membersByDns('demo.svc', dns.address);
  expect(found).toEqual(['demo-0.demo.svc:13000', 'demo-1.demo.svc:13000']);
});

test('membersByDns() finds nobody behind a name that does not exist', async () => {
  expect(await membersByDns('nothing.svc', dns.address)).toEqual([]);
});

test('membersByApi() is the pods of one StatefulSet that have an address', async () => {
  const api = await KubeApi.start();
  const pod = (name: string, ip?: string) =>
    api.setPod({ name, container: 'raftctl', ...(ip === undefined ? {} : { ip }) });
  pod('demo-1', '10.0.0.1');
  pod('demo-0', '10.0.0.2');
  pod('demo-2');
  pod('demo-learner-0', '10.0.0.3');
  pod('other-0', '10.0.0.4');
  const client = new PodApi(podApiInit(api.env, 'default'));
  const found = await membersByApi(client, 'demo.default.svc', 13_000);
  expect(found).toEqual(['demo-0.demo.default.svc:13000', 'demo-1.demo.default.svc:13000']);
  await api.close();
});

test('parseDiscovery() knows DNS, the API and addresses, and says so otherwise', () => {
  expect(parseDiscovery('dns:demo.svc')).toEqual({ type: 'dns', service: 'demo.svc' });
  expect(parseDiscovery('api:demo.svc')).toEqual({ type: 'api', service: 'demo.svc' });
  expect(parseDiscovery('a:1, b:2')).toEqual({ type: 'listed', addresses: ['a:1', 'b:2'] });
  for (const wrong of ['', 'dns:', 'a', 'dns:a b', 'a:0']) {
    expect(() => parseDiscovery(wrong)).toThrow(/dns:NAME, api:NAME or HOST:PORT/);
  }
});
