/**
 * `raftctl deploy`: what it writes is what kubectl takes. kubectl asks an API which kinds there
 * are, even for a dry run; the one beside the tests tells it. Check 51 is of docs/older-systems.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubeApi } from '../doubles/kube-api.ts';
import { documentsIn } from '../doubles/manifest-rules.ts';
import { raftctl, runProgram } from '../doubles/program.ts';

let folder: string;
let api: KubeApi;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-deploy-'));
  api = await KubeApi.start();
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

async function kubectl(...args: string[]): Promise<string> {
  const env = { KUBECONFIG: api.kubeconfig(), HOME: folder };
  const { code, stdout, stderr } = await runProgram('kubectl', args, { env });
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

const DRY_RUN = ['create', '--dry-run=client', '--validate=false', '-o', 'name', '-f'];

test('deploy k8s: kubectl creates and kustomizes what it writes', async () => {
  const at = join(folder, 'demo');
  const more = ['-n', '5', '--learners', '1', '--loggers', '2', '--discovery', 'api'];
  const { stdout, code } = await raftctl(['deploy', 'k8s', 'shop', '--output', at, ...more]);
  expect(code).toBe(0);
  expect(stdout).toContain('kubectl create secret generic shop-secret');
  // Whoever serves has a certificate, loggers too.
  expect(stdout).toMatch(/tls init .*--member shop-logger-1=shop-logger-1\.shop-logger\./);
  expect(stdout).toMatch(/generic shop-tls .*member-shop-logger-1\.pem/);
  expect((await readdir(at)).sort()).toEqual([
    ...['cluster.yaml', 'kustomization.yaml', 'learners.yaml', 'loggers.yaml'],
  ]);
  const created = await kubectl(...DRY_RUN, join(at, 'cluster.yaml'));
  expect(created.trim().split('\n')).toEqual([
    ...['serviceaccount/shop', 'role.rbac.authorization.k8s.io/shop'],
    ...['rolebinding.rbac.authorization.k8s.io/shop', 'service/shop', 'service/shop-client'],
    ...['poddisruptionbudget.policy/shop', 'statefulset.apps/shop'],
  ]);
  const all = documentsIn(await kubectl('kustomize', at));
  expect(all.filter(({ kind }) => kind === 'StatefulSet')).toHaveLength(3);
});

test('deploy k8s --secrets --bench: keys in a file of their own, load in another', async () => {
  const at = join(folder, 'safe');
  const words = ['deploy', 'k8s', 'safe', '--output', at, '--secrets', '--bench', '4'];
  const { stdout, stderr, code } = await raftctl([...words, '--bench-rate', '8000']);
  expect(code, stderr).toBe(0);
  expect(stdout).not.toContain('create secret');
  expect(stdout).toContain('raftctl bench hist merge safe-bench-*.hlog --output safe-bench.hlog');
  expect((await stat(join(at, 'secrets.yaml'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(at, '.gitignore'), 'utf8')).toBe('keys/\nsecrets.yaml\n');
  const secrets = await readFile(join(at, 'secrets.yaml'), 'utf8');
  expect(secrets).not.toContain((await readFile(join(at, 'keys', 'admin.token'), 'utf8')).trim());
  const all = await kubectl('kustomize', at);
  expect(documentsIn(all).filter(({ kind }) => kind === 'Secret')).toHaveLength(3);
  expect(documentsIn(all).map(({ kind }) => kind)).not.toContain('Job');
  const load = await kubectl(...DRY_RUN, join(at, 'bench.yaml'));
  expect(load.trim()).toBe('job.batch/safe-bench');
  // Written again, it has the same keys.
  expect((await raftctl(words)).code).toBe(0);
  expect(await readFile(join(at, 'secrets.yaml'), 'utf8')).toBe(secrets);
  expect((await raftctl(['deploy', 'k8s', '--secrets'])).code).toBe(2);
});

test('deploy k8s: on stdout it is one stream, with --json an object, and slips are refused', async () => {
  const stream = await raftctl(['deploy', 'k8s']);
  expect(documentsIn(stream.stdout).map(({ kind }) => kind)).toEqual([
    ...['ServiceAccount', 'Service', 'Service', 'PodDisruptionBudget', 'StatefulSet'],
  ]);
  const { data } = JSON.parse((await raftctl(['deploy', 'k8s', '--json'])).stdout) as {
    data: { files: { name: string; text: string }[] };
  };
  expect(`${data.files.map(({ text }) => text).join('')}`).toBe(stream.stdout);
  for (const wrong of [['Demo'], ['demo', '-n', '0'], ['demo', '--spread', 'no']]) {
    expect((await raftctl(['deploy', 'k8s', ...wrong])).code).toBe(2);
  }
  const nowhere = await raftctl([
    'deploy',
    'k8s',
    '--output',
    join(folder, 'demo', 'cluster.yaml'),
  ]);
  expect([nowhere.code, nowhere.stderr]).toEqual([11, expect.stringContaining('--output DIR')]);
});

test('51: deploy raft-demo: every file of its matrix, and kubectl takes all of them', async () => {
  const at = join(folder, 'deploys');
  const { code } = await raftctl(['deploy', 'raft-demo', '--all', '--output', at]);
  expect(code).toBe(0);
  const names = await readdir(at);
  expect(names).toHaveLength(2 * 3 * 5 + 2);
  const count = async (name: string): Promise<number> =>
    documentsIn(await readFile(join(at, name), 'utf8')).length;
  expect(await count('kv-notlog.yaml')).toBe(3);
  expect(await count('3-diskmonit-applog.yaml')).toBe(7);
  expect(await count('6-kv-applog.yaml')).toBe(13);
  expect(await count('6-loadgen-disk.yaml')).toBe(6);
  const created = (await kubectl(...DRY_RUN, at)).trim().split('\n');
  expect(created).toContain('deployment.apps/kvstore-leader-6');
  expect(created).toContain('job.batch/loadgen-disk-6');
  const one = ['deploy', 'raft-demo', '--app', 'disk', '--groups', '3', '--applog', '--monit'];
  const text = await readFile(join(at, '3-diskmonit-applog.yaml'), 'utf8');
  expect((await raftctl(one)).stdout).toBe(text);
});
