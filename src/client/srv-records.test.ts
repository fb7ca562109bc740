import { afterEach, beforeEach, expect, test } from 'vitest';
import { DnsServer } from '../../test/doubles/dns-server.ts';
import { addressesBySrv } from './srv-records.ts';

let dns: DnsServer;
beforeEach(async () => {
  dns = await DnsServer.start();
});
afterEach(() => dns.close());

test('addressesBySrv() has the client addresses of a Service, by name', async () => {
  dns.records.set('_client._tcp.demo.default.svc.cluster.local', [
    { target: 'demo-1.demo.default.svc.cluster.local', port: 11_000 },
    { target: 'demo-0.demo.default.svc.cluster.local', port: 11_000 },
  ]);
  for (const scheme of ['srv', 'dns']) {
    const text = `${scheme}:demo.default.svc.cluster.local`;
    expect(await addressesBySrv(text, dns.address)).toEqual([
      'demo-0.demo.default.svc.cluster.local:11000',
      'demo-1.demo.default.svc.cluster.local:11000',
    ]);
  }
});

test('addressesBySrv() says what it asked for when there is nothing, and what it takes', async () => {
  await expect(addressesBySrv('srv:none.svc', dns.address)).rejects.toMatchObject({
    ...{ code: 'UNREACHABLE', message: expect.stringContaining('_client._tcp.none.svc') },
  });
  for (const text of ['srv:', 'api:demo', '10.0.0.1:1', 'srv:a b']) {
    await expect(addressesBySrv(text, null)).rejects.toMatchObject({ code: 'USAGE' });
  }
});
