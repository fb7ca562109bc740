import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  type Document,
  documentsIn,
  findingsIn,
  mayShare,
  podOf,
} from '../../test/doubles/manifest-rules.ts';
import { intervalLine, intervalLogHead, readIntervalLog } from '../bench/interval-log.ts';
import { LatencyCounts } from '../bench/latency-counts.ts';
import { LatencyHistogram } from '../bench/latency-histogram.ts';
import { clusterFiles, kustomization, nextSteps } from './cluster-files.ts';
import { type ClusterWish, checkName, checkWish } from './cluster-wish.ts';
import { allDemoFiles } from './demo-manifests.ts';
import { type ManifestFile, manifestText } from './manifest.ts';
import { secretsFile } from './secret-manifests.ts';

const WISH: ClusterWish = {
  ...{ name: 'demo', namespace: 'default', domain: 'cluster.local', image: 'raftctl:test' },
  ...{ nodes: 3, learners: 2, loggers: 1, app: 'kvstore', fsync: 'always', discovery: 'dns' },
  ...{ tls: true, storage: '10Gi', storageClass: null, spread: { over: 'host', isRequired: true } },
  resources: { cpu: '500m', memory: '1Gi' },
  bench: { pods: 4, rate: 8000, clients: 50, durationMs: 60_000 },
};
const PLAIN: ClusterWish = {
  ...{ ...WISH, nodes: 1, tls: false, discovery: 'api', storageClass: 'fast' },
  bench: { pods: 2, rate: null, clients: 10, durationMs: 1500 },
  spread: { over: 'zone', isRequired: false },
};
const DEMO = allDemoFiles({ namespace: 'default', image: 'raftctl:test' });
const read = (file: ManifestFile): Document[] => documentsIn(manifestText(file));
const named = (files: readonly ManifestFile[], name: string): Document[] =>
  read(files.find((file) => file.name === name) as ManifestFile);
const KEYS = { secret: '5a'.repeat(32), tls: { 'ca.pem': 'x\n' }, client: { 'ca.pem': 'x\n' } };
const SECRETS = [WISH, PLAIN].map((wish) => secretsFile(wish, KEYS));
const ALL = [...clusterFiles(WISH), ...clusterFiles(PLAIN), ...SECRETS, ...DEMO];

/** Where the type of each kind is told. */
const GROUPS: Readonly<Record<string, string>> = {
  ...{ v1: 'core', 'apps/v1': 'apps', 'batch/v1': 'batch', 'policy/v1': 'policy' },
  'rbac.authorization.k8s.io/v1': 'rbac',
};

describe('every manifest', () => {
  test('every manifest says what it holds, once, and keeps the rules of pods', () => {
    const findings = ALL.flatMap((file) => read(file).flatMap(findingsIn));
    expect(findings).toEqual([]);
  });

  test('the rules find a selector, an affinity and a key that are wrong', () => {
    const [set] = named(clusterFiles(WISH), 'cluster.yaml').filter((d) => d.kind === 'StatefulSet');
    const wrong = JSON.parse(JSON.stringify(set).replace('"component":"node"', '')) as Document;
    const labels = wrong.spec?.template?.metadata.labels ?? {};
    labels['app.kubernetes.io/component'] = 'other';
    expect(findingsIn(wrong)).toEqual(['StatefulSet demo: it selects other pods']);
    expect(mayShare(podOf(wrong), podOf(wrong))).toBe(true);
    expect(() => documentsIn('a: 1\nb: 2\na: 3\n')).toThrow(/unique/);
  });

  test('every manifest fits the types of the Kubernetes API, field by field', () => {
    const documents = ALL.flatMap(read).flatMap(({ items, ...rest }) => items ?? [rest]);
    const lines = documents.map((document, i) => {
      const { kind, apiVersion } = document;
      const from = `kubernetes-types/${GROUPS[apiVersion]}/v1.js`;
      return `export const m${i}: import('${from}').${kind} = ${JSON.stringify(document)};`;
    });
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const folder = mkdtempSync(join(root, 'node_modules/.manifests-'));
    const wrong = `export const w: import('kubernetes-types/core/v1.js').Service = { kind: 'Service', spec: { port: 1 } };`;
    const check = (text: string): string => {
      writeFileSync(join(folder, 'all.ts'), text);
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const flags = [
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--types',
        '',
        '--ignoreConfig',
      ];
      try {
        return execFileSync(process.execPath, [tsc, ...flags, join(folder, 'all.ts')]).toString();
      } catch (error) {
        return String((error as { stdout?: Buffer }).stdout);
      }
    };
    try {
      expect(check(lines.join('\n'))).toBe('');
      expect(check(wrong)).toMatch(/'port' does not exist/);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(documents.length).toBeGreaterThan(200);
  });
});

describe('clusterFiles()', () => {
  const [services, sets] = ['Service', 'StatefulSet'].map((kind) =>
    clusterFiles(WISH).flatMap((file) => read(file).filter((d) => d.kind === kind)),
  ) as [Document[], Document[]];

  test('clusterFiles() has a set and a headless Service for each role, and one for clients', () => {
    expect(sets.map(({ metadata, spec }) => [metadata.name, spec?.replicas])).toEqual([
      ...[
        ['demo', 3],
        ['demo-learner', 2],
        ['demo-logger', 1],
      ],
    ]);
    const names = services.map(({ metadata }) => metadata.name);
    expect(names).toEqual(['demo', 'demo-client', 'demo-learner', 'demo-logger']);
  });

  test('clusterFiles() keeps members apart, really', () => {
    const [voters, learners] = sets.map(podOf) as [
      ReturnType<typeof podOf>,
      ReturnType<typeof podOf>,
    ];
    expect(mayShare(voters, voters)).toBe(false);
    expect(mayShare(learners, learners)).toBe(false);
    expect(mayShare(voters, learners)).toBe(true);
  });

  test('clusterFiles() names each founder as its pod will be reached', () => {
    const text = manifestText(clusterFiles(WISH)[0] as ManifestFile);
    expect(text).toContain(
      '$(MY_POD_NAME)=$(MY_POD_NAME).demo.default.svc.cluster.local:11000:12000:13000',
    );
    for (const n of [0, 1, 2]) {
      expect(text).toContain(
        `demo-${n}=demo-${n}.demo.default.svc.cluster.local:11000:12000:13000`,
      );
    }
    expect(text).toContain('dns:demo.default.svc.cluster.local');
  });

  test('clusterFiles() takes keys and tokens from Secrets, and gives no token of the API', () => {
    const pod = sets[0]?.spec?.template?.spec;
    const secrets = (pod?.volumes ?? []).map(({ secret }) => secret?.secretName).filter(Boolean);
    expect(secrets).toEqual(['demo-secret', 'demo-tls']);
    expect(pod?.containers[0]?.env).toContainEqual({
      name: 'RAFTCTL_TLS_DIR',
      value: '/etc/raftctl/tls',
    });
    expect(pod?.containers[0]?.livenessProbe?.httpGet).toEqual({
      path: '/livez',
      port: 'admin',
      scheme: 'HTTPS',
    });
    expect(pod?.automountServiceAccountToken).toBe(false);
  });

  test('clusterFiles() by the API: a role that may get and list pods, and a token', () => {
    const documents = read(clusterFiles(PLAIN)[0] as ManifestFile);
    const kinds = documents.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['ServiceAccount', 'Role', 'RoleBinding']));
    const pod = documents.find(({ kind }) => kind === 'StatefulSet')?.spec?.template?.spec;
    expect(pod?.automountServiceAccountToken).toBe(true);
    const terms = pod?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    expect(terms?.[0]?.podAffinityTerm.topologyKey).toBe('topology.kubernetes.io/zone');
  });

  test('kustomization() lists the files', () => {
    const [document] = read(kustomization(clusterFiles(WISH)));
    expect(document).toMatchObject({
      resources: ['cluster.yaml', 'learners.yaml', 'loggers.yaml'],
    });
  });

  test('clusterFiles() has load as a Job of pods that share a rate, and differ in their seed', () => {
    const [job] = named(clusterFiles(WISH), 'bench.yaml');
    expect(job?.spec).toMatchObject({ completions: 4, parallelism: 4, backoffLimitPerIndex: 0 });
    const pod = job?.spec?.template?.spec;
    const [{ command = [], env = [] } = {}] = pod?.containers ?? [];
    const target = (n: number): string => `demo-${n}.demo.default.svc.cluster.local:11000`;
    expect(command[2]).toBe(
      'raftctl bench --runs-dir /tmp/runs --workers 1 --clients 50 --duration 60000ms --rate 2000 ' +
        `--target ${target(0)} --target ${target(1)} --target ${target(2)}; ` +
        'code=$?; cat /tmp/runs/*/latency.hlog; exit $code',
    );
    expect(env).toContainEqual({
      name: 'RAFTCTL_TOKEN_FILE',
      value: '/etc/raftctl/client/client.token',
    });
    expect(pod?.volumes).toContainEqual(
      expect.objectContaining({
        secret: expect.objectContaining({ secretName: 'demo-client-tls' }),
      }),
    );
    const plain = named(clusterFiles(PLAIN), 'bench.yaml')[0]?.spec?.template?.spec;
    expect(plain?.containers[0]?.command?.[2]).toMatch(/--duration 1500ms --target demo-0/);
    expect(JSON.stringify(plain)).not.toContain('client-tls');
  });

  test('nextSteps() says how keys are made, and how what the load measured is added up', () => {
    const steps = nextSteps(WISH, './demo', false).join('\n');
    expect(steps).toContain('--member demo-learner-1=demo-learner-1.demo-learner.default.svc');
    expect(steps).toContain('kubectl create secret generic demo-client-tls');
    expect(steps).not.toMatch(/from-file=\S*(authority|operator|admin)/);
    expect(steps).toContain('grep -E \'^(#\\[|"StartTimestamp"|Tag=)\' > demo-bench-$i.hlog');
    const known = nextSteps({ ...WISH, bench: null }, './demo', true).join('\n');
    expect(known).not.toMatch(/create secret|bench/);
  });

  test('what the collecting step keeps of a log is a log of histograms', () => {
    const histogram = new LatencyHistogram();
    const counts = new LatencyCounts();
    counts.record(1e6);
    histogram.add(counts.take());
    const interval = { tag: 'raw.write', startMs: 0, lengthMs: 1000, histogram };
    const log = `run  01KX\nclients 50\n${intervalLogHead(1_772_366_600_000)}${intervalLine(interval)}`;
    const [, pattern = ''] = /grep -E '(.*?)'/.exec(nextSteps(WISH, '.', true).join()) ?? [];
    const kept = execFileSync('grep', ['-E', pattern], { input: log }).toString();
    expect(kept.split('\n')).toHaveLength(log.split('\n').length - 2);
    expect(readIntervalLog(kept, 'x').intervals[0]?.histogram.count).toBe(1);
  });

  test('secretsFile() holds keys; no other file has any', () => {
    expect(manifestText(SECRETS[0] as ManifestFile)).toContain(KEYS.secret);
    expect(read(SECRETS[0] as ManifestFile).map(({ metadata }) => metadata.name)).toEqual([
      ...['demo-secret', 'demo-tls', 'demo-client-tls'],
    ]);
    expect(read(SECRETS[1] as ManifestFile).map(({ metadata }) => metadata.name)).toEqual([
      'demo-secret',
    ]);
    for (const file of clusterFiles(PLAIN).slice(0, 1)) {
      expect(manifestText(file)).toMatch(/^# NOT SECURED/m);
    }
    expect(manifestText(clusterFiles(WISH)[0] as ManifestFile)).not.toContain('NOT SECURED');
  });

  test('checkWish() refuses what does not go together', () => {
    const bench = { pods: 3, rate: 1000, clients: 1, durationMs: 1 };
    expect(() => checkWish({ ...WISH, bench })).toThrow(/split 1000 requests/);
    expect(() => checkWish(WISH)).not.toThrow();
  });

  test('checkName() refuses what Kubernetes would', () => {
    checkName('cluster', 'demo-1');
    for (const name of ['Demo', '1demo', 'demo-', 'a_b', 'x'.repeat(41), '']) {
      expect(() => checkName('cluster', name)).toThrow(/Cannot call the cluster/);
    }
  });
});

describe("raft-demo's manifests (check 51)", () => {
  const deployments = (name: string): Document[] =>
    named(DEMO, name).filter(({ kind }) => kind === 'Deployment');

  test('51: {kv,disk} x {applog,notlog} x {monit} x {1,3,6} files of 3, 7 and 13 documents', () => {
    const counts = Object.fromEntries(DEMO.map((file) => [file.name, read(file).length]));
    for (const [prefix, count] of [
      ['', 3],
      ['3-', 7],
      ['6-', 13],
    ] as const) {
      for (const app of ['kv', 'disk', 'kvmonit', 'diskmonit']) {
        expect(counts[`${prefix}${app}-applog.yaml`]).toBe(count);
        expect(counts[`${prefix}${app}-notlog.yaml`]).toBe(count);
      }
    }
    expect(counts).toMatchObject({
      'loadgen-kv.yaml': 1,
      '3-loadgen-disk.yaml': 3,
      '6-loadgen-kv.yaml': 6,
    });
  });

  test('51: names and labels are those of raft-demo', () => {
    expect(named(DEMO, 'kv-applog.yaml').map(({ metadata }) => metadata?.name)).toEqual([
      ...['kvstore-leader', 'kvstore-follower', undefined],
    ]);
    const [leader, follower] = deployments('kv-applog.yaml');
    expect(leader?.spec?.template?.metadata.labels).toEqual({ app: 'kvstore', r3: 'leader' });
    expect(leader?.spec?.template?.spec.containers[0]?.name).toBe('r3-kvstore-leader');
    expect(follower?.spec).toMatchObject({ replicas: 2 });
    expect(leader?.spec?.template?.spec.containers[0]?.command).toContain('-logfolder=/tmp/');
    const six = deployments('6-diskmonit-notlog.yaml');
    expect(six.map(({ metadata }) => metadata.name)).toEqual(
      [1, 2, 3, 4, 5, 6].flatMap((i) => [`diskstorage-leader-${i}`, `diskstorage-follower-${i}`]),
    );
    const inds = six.map(({ metadata }) => metadata.labels?.['ind']);
    expect([...new Set(inds)]).toEqual(['alpha', 'beta', 'gama', 'delta', 'epsilon', 'zeta']);
    for (const { metadata, spec } of six) {
      expect(spec?.template?.spec.containers[0]?.name).toBe(metadata.name);
      expect(spec?.template?.spec.containers[0]?.command).toContain('-monit');
    }
    const jobs = named(DEMO, '6-loadgen-disk.yaml');
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(
      [1, 2, 3, 4, 5, 6].map((i) => `loadgen-disk-${i}`),
    );
  });

  test('51: loggers are two; no Deployment selects pods of another', () => {
    const [loggers] = named(DEMO, 'loggers.yaml');
    expect(loggers?.spec).toMatchObject({ replicas: 2 });
    const selectors = deployments('3-kv-applog.yaml').map((d) => JSON.stringify(d.spec?.selector));
    expect(new Set(selectors).size).toBe(6);
  });

  test('51: what is to be apart is apart, in both directions', () => {
    const [leader1, follower1, leader2, follower2] = deployments('3-kv-notlog.yaml').map(podOf);
    const [logger] = named(DEMO, 'loggers.yaml').map(podOf);
    const [load1, load2] = named(DEMO, '3-loadgen-kv.yaml').map(podOf);
    const apart = [
      ...[
        [leader1, follower1],
        [follower1, follower1],
        [leader1, leader2],
      ],
      ...[
        [logger, leader1],
        [logger, logger],
        [load1, follower1],
        [load2, leader2],
      ],
    ];
    for (const [one, other] of apart) expect(mayShare(one!, other!)).toBe(false);
    const together = [
      [follower1, follower2],
      [leader1, follower2],
      [load1, follower2],
      [logger, follower1],
    ];
    for (const [one, other] of together) expect(mayShare(one!, other!)).toBe(true);
  });
});
