import { expect, test } from 'vitest';
import type { SnapshotsInit } from '../cluster/snapshots.ts';
import { ClusterStore } from '../cluster/store.ts';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { placed } from './far-create.ts';
import { repairSiteElsewhere } from './far-repair.ts';
import type { SshConnections } from './ssh.ts';

const HOUR_MS = 3_600_000;
const ALPHA = { ssh: 'alpha', address: '127.0.0.2', sshConfig: null };
const spec = planCluster({
  ...{ name: 'wide', clusterId: 'c'.repeat(32), createdAt: '2026-03-01T12:00:00.000Z' },
  wish: placed(NO_WISH, [{ ...ALPHA, directory: '/x', node: 'node' }]),
  ...{ ephemeral: false, dataDirOf: () => '/x/clusters/wide/n1' },
});
const [node] = spec.nodes as [(typeof spec.nodes)[number]];
const init: SnapshotsInit = {
  ...{ store: new ClusterStore('/nowhere'), spec, timeoutMs: 1000 },
  signal: new AbortController().signal,
};

test('repairSiteElsewhere() gives a machine time to read a log, and says that it may go on', async () => {
  const waits: number[] = [];
  const run = (_host: unknown, _words: unknown, { timeoutMs }: { readonly timeoutMs: number }) => {
    waits.push(timeoutMs);
    return Promise.reject(new RaftctlError('WAIT_TIMEOUT', { message: 'Waited in vain' }));
  };
  const site = repairSiteElsewhere(init, { run } as unknown as SshConnections, node);
  await expect(site.checkDown()).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  await expect(site.findDamage()).rejects.toMatchObject({
    ...{ code: 'WAIT_TIMEOUT', message: 'Waited in vain' },
    hint: expect.stringMatching(/may go on there.*ssh alpha/),
  });
  const [short = 0, long = 0] = waits;
  expect([short < 60_000, long > HOUR_MS]).toEqual([true, true]);
});
