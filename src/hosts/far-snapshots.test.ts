import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { placed } from './far-create.ts';
import { snapshotsElsewhere } from './far-snapshots.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-far-snapshots-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('snapshotsElsewhere() tells of damage and of a machine out of reach, both', async () => {
  const damage = { code: 'SNAPSHOT_CORRUPT', message: 'n1 is damaged', hint: 'another file' };
  const answer = JSON.stringify({ answer: [{ id: 'n1', rows: [], damage }] });
  const ssh = `#!/bin/sh\ncase "$*" in *alpha*) echo '${answer}';; *) exit 255;; esac\n`;
  writeFileSync(join(folder, 'ssh'), ssh);
  chmodSync(join(folder, 'ssh'), 0o755);
  const hosts = ['alpha', 'beta'].map((name) => {
    return { ssh: name, address: name, sshConfig: null, directory: '/x', node: 'node' };
  });
  const spec = planCluster({
    ...{ name: 'wide', clusterId: 'c'.repeat(32), createdAt: '2026-03-01T12:00:00.000Z' },
    wish: placed(NO_WISH, hosts),
    ...{ ephemeral: false, dataDirOf: () => '/x/clusters/wide/n1' },
  });
  const { found, trouble } = await snapshotsElsewhere(spec, spec.nodes);
  expect(found.map(({ id }) => id)).toEqual(['n1']);
  expect(trouble).toMatchObject({ code: 'SNAPSHOT_CORRUPT', hint: 'another file' });
  expect(trouble?.message).toMatch(/n1 is damaged; Cannot reach beta/);
});
