/**
 * raft-demo's programs as pods, with a Kubernetes API beside them. The numbers are those of the
 * checks in docs/older-systems.md. Every pod has an address of its own on loopback, 127.34.x.y, so
 * all of them listen on the ports that raft-demo's manifests name.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchNodeStatus } from '../../src/client/admin-client.ts';
import { demoRequest } from '../../src/wire/dialects/raft-demo-command.ts';
import { eventually } from '../doubles/old-programs.ts';
import { Pods } from '../doubles/pods.ts';
import { RawClient } from '../doubles/raw-client.ts';
import { UdpInbox } from '../doubles/udp-inbox.ts';

let pods: Pods;
beforeEach(async () => {
  pods = await Pods.prepare();
});
afterEach(() => pods.dispose());

function server(group: number, role: 'leader' | 'follower', ip: string, hash = 'a-b') {
  const container = `kvstore-${role}-${group}`;
  return { container, name: `${container}-${hash}`, ip };
}

async function membersAt(ip: string) {
  const { members, cluster } = await fetchNodeStatus(`${ip}:17000`, 2000);
  return { cluster, members: members.map(({ id }) => id).sort() };
}

/** Sets a key of one pod by its UDP dialect. */
async function set(ip: string, key: string): Promise<string | null> {
  const inbox = await UdpInbox.open();
  const client = await RawClient.connect(`${ip}:11000`);
  const request = { ip: String(inbox.port), op: 'set', key, value: ip } as const;
  client.send(demoRequest(request).toString('latin1'));
  const answer = await inbox.next();
  client.close();
  inbox.close();
  return answer;
}

test('48: a pod called leader founds a cluster, on the ports of the manifests', async () => {
  const leader = pods.start(server(1, 'leader', '127.34.0.7'), 'kvstore');
  await leader.seen(/node127\.34\.0\.7 answers on 127\.34\.0\.7:11000/);
  expect(leader.output).toContain('retrieved MY_POD_IP: 127.34.0.7\n');
  expect(leader.output).toContain('retrieved MY_POD_NAME: kvstore-leader-1-a-b\n');
  const line = await RawClient.connect('127.34.0.7:13000');
  line.send('raftctl-admin?\n');
  expect(await line.takeUntilClosed()).toBe('127.34.0.7:17000\n');
  expect(await membersAt('127.34.0.7')).toMatchObject({ members: ['node127.34.0.7'] });
  // The last part of the address is the same, the id is not.
  const other = pods.start(server(2, 'leader', '127.34.1.7'), 'kvstore');
  await other.seen(/node127\.34\.1\.7 answers/);
  expect(await membersAt('127.34.1.7')).toMatchObject({ members: ['node127.34.1.7'] });
});

test('48: the pod that takes the place of a leader joins, and founds no rival', async () => {
  await pods.start(server(1, 'leader', '127.34.0.1'), 'kvstore').seen(/answers/);
  for (const ip of ['127.34.0.2', '127.34.0.3']) {
    await pods.start(server(1, 'follower', ip, `${ip}-x`), 'kvstore').seen(/answers/);
  }
  expect(await set('127.34.0.1', 'a')).toBe('OK: \n');
  // Every one of them knows that all three vote, so any two can go on without the third.
  for (const ip of ['127.34.0.2', '127.34.0.3']) {
    await eventually(
      () => fetchNodeStatus(`${ip}:17000`, 2000),
      ({ members, changing }) => !changing && members.filter(({ voter }) => voter).length === 3,
    );
  }
  await pods.remove('kvstore-leader-1-a-b');
  const next = pods.start(server(1, 'leader', '127.34.0.4', 'a-c'), 'kvstore');
  await next.seen(/its cluster exists.*it joins/s);
  await next.seen(/node127\.34\.0\.4 answers/);
  const after = await eventually(
    () => membersAt('127.34.0.4'),
    ({ members }) => members.includes('node127.34.0.4'),
  );
  expect(after.members).toEqual(expect.arrayContaining(['node127.34.0.2', 'node127.34.0.3']));
});

test('49: a follower joins the leader of its own group, and nobody else', async () => {
  await pods.start(server(1, 'leader', '127.34.1.1'), 'kvstore').seen(/answers/);
  await pods.start(server(2, 'leader', '127.34.2.1'), 'kvstore').seen(/answers/);
  const follower = pods.start(server(2, 'follower', '127.34.2.2'), 'kvstore');
  await follower.seen(/node127\.34\.2\.2 answers/);
  expect((await membersAt('127.34.2.1')).members).toEqual(['node127.34.2.1', 'node127.34.2.2']);
  expect((await membersAt('127.34.1.1')).members).toEqual(['node127.34.1.1']);
});

test('49: a follower waits for its leader, and ends with a reason when none comes', async () => {
  pods.api.mayWatch = false;
  await pods.start(server(1, 'leader', '127.34.1.1'), 'kvstore').seen(/answers/);
  const waiting = pods.start(server(2, 'follower', '127.34.2.2'), 'kvstore');
  await waiting.seen(/retrieved MY_POD_NAME/);
  await pods.start(server(2, 'leader', '127.34.2.1'), 'kvstore').seen(/answers/);
  await waiting.seen(/node127\.34\.2\.2 answers/);
  const lost = pods.start(server(3, 'follower', '127.34.3.2'), 'kvstore', '-pod-wait', '1');
  expect(await lost.ended()).toMatchObject({ code: 3 });
  expect(lost.output).toContain('no pod with a container kvstore-leader-3 has an address');
  expect((await membersAt('127.34.1.1')).members).toEqual(['node127.34.1.1']);
});

test('50: a load generator drives its own group, and a logger follows all leaders', async () => {
  await pods.start(server(1, 'leader', '127.34.1.1'), 'kvstore').seen(/answers/);
  await pods.start(server(2, 'leader', '127.34.2.1'), 'kvstore').seen(/answers/);
  const logs = `${pods.folder}/`;
  const pod = (n: number) => {
    return { name: `logger-follower-5f7d-${n}`, container: 'r3-logger', ip: `127.34.9.${n}` };
  };
  const loggers = [1, 2].map((n) => pods.start(pod(n), 'logger', '-logfolder', logs));
  for (const logger of loggers) await logger.seen(/follows.*follows/s);
  for (const [group, ip] of ['127.34.1.1', '127.34.2.1'].entries()) {
    const logs = [1, 2].map((n) => `log127.34.9.${n}-kvstore-${group + 1}`);
    expect((await membersAt(ip)).members).toEqual([...logs, `node${ip}`]);
  }
  const load = { name: 'loadgen-kv-1-x', container: 'loadgen-kv-1', ip: '127.34.9.9' };
  const flags = ['-clients', '2', '-req', '5', '-key', '10', '-data', '0', '-log', '0'];
  const loadgen = pods.start(load, 'loadgen', ...flags);
  expect((await loadgen.ended()).code).toBe(0);
  expect(loadgen.output).toContain('Initializing by kubernetes config...');
  expect(loadgen.output).toContain('svrIps: [127.34.1.1:11000]');
  expect(loadgen.output).toMatch(/Executed 10 requests .* 0 lost/);
  const file = (group: number) => join(pods.folder, `log-file-log127.34.9.1-kvstore-${group}.log`);
  await eventually(
    () => readFile(file(1)),
    (bytes) => bytes.length > 0,
  );
  expect(await readFile(file(2))).toHaveLength(0);
});
