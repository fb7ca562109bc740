/**
 * Load on a cluster from several pods: an Indexed Job, each of whose pods has its share of the rate
 * and its own seed. What it measured is printed at the end of its log, as histograms that lose
 * nothing when they are added up: a pod that has ended can be asked for nothing else.
 */
import type { Job } from 'kubernetes-types/batch/v1.js';
import type { Container, EnvVar } from 'kubernetes-types/core/v1.js';
import {
  type BenchWish,
  type ClusterWish,
  domainOf,
  founderNames,
  labelsOf,
  PORTS,
  secretNames,
  selectorOf,
  setName,
} from './cluster-wish.ts';
import type { Manifest } from './manifest.ts';
import { apart, podSpec, resourcesOf } from './pod-parts.ts';

const KEYS_FOLDER = '/etc/raftctl/client';
const RUNS_FOLDER = '/tmp/runs';
const SECRET_MODE = 0o440;
const INDEX = 'batch.kubernetes.io/job-completion-index';
const JOB_NAME = 'batch.kubernetes.io/job-name';
const RESOURCES = { cpu: '1', memory: '512Mi' };
/** Of its log, what is a log of histograms. */
const HISTOGRAM_LINES = '^(#\\[|"StartTimestamp"|Tag=)';

export function benchManifests(wish: ClusterWish, bench: BenchWish): Manifest[] {
  const { name, namespace, image } = wish;
  const labels = labelsOf(wish, 'bench');
  const container: Container = {
    ...{ name: 'bench', image, imagePullPolicy: 'IfNotPresent' },
    command: ['sh', '-c', benchScript(wish, bench)],
    env: environmentOf(wish),
    resources: resourcesOf(RESOURCES),
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...(wish.tls ? [{ name: 'client', mountPath: KEYS_FOLDER, readOnly: true }] : []),
    ],
  };
  const keys = { secretName: secretNames(wish).client, defaultMode: SECRET_MODE };
  const job: Job = {
    ...{ apiVersion: 'batch/v1', kind: 'Job' },
    metadata: { name: setName(wish, 'bench'), namespace, labels },
    spec: {
      ...{ completionMode: 'Indexed', completions: bench.pods, parallelism: bench.pods },
      // One that fails is told of at the end, and the others measure on.
      backoffLimitPerIndex: 0,
      template: {
        metadata: { labels },
        spec: podSpec(container, {
          ...{ restartPolicy: 'Never', serviceAccountName: name },
          // Who makes load on a machine of a member measures itself.
          affinity: apart(selectorOf(wish, 'node'), { over: 'host', isRequired: false }),
          volumes: [
            { name: 'tmp', emptyDir: {} },
            ...(wish.tls ? [{ name: 'client', secret: keys }] : []),
          ],
        }),
      },
    },
  };
  return [job];
}

function environmentOf({ tls }: ClusterWish): EnvVar[] {
  const index = { fieldRef: { fieldPath: `metadata.annotations['${INDEX}']` } };
  return [
    { name: 'RAFTCTL_SEED', valueFrom: index },
    { name: 'HOME', value: '/tmp' },
    ...(tls
      ? [
          { name: 'RAFTCTL_TLS_CA', value: `${KEYS_FOLDER}/ca.pem` },
          { name: 'RAFTCTL_TOKEN_FILE', value: `${KEYS_FOLDER}/client.token` },
        ]
      : []),
  ];
}

function benchScript(wish: ClusterWish, { pods, rate, clients, durationMs }: BenchWish): string {
  const targets = founderNames(wish).map(
    (pod) => `--target ${pod}.${domainOf(wish, 'node')}:${PORTS.client}`,
  );
  const words = [
    ...['raftctl bench', `--runs-dir ${RUNS_FOLDER}`, '--workers 1', `--clients ${clients}`],
    ...[`--duration ${durationMs}ms`, ...(rate === null ? [] : [`--rate ${rate / pods}`])],
    ...targets,
  ];
  // Its exit code says whether it can be believed; the histograms come in any case.
  return `${words.join(' ')}; code=$?; cat ${RUNS_FOLDER}/*/latency.hlog; exit $code`;
}

/** Commands, in their order: load, its histograms, and what they are together. */
export function benchSteps(wish: ClusterWish, { pods }: BenchWish, folder: string): string[] {
  const job = setName(wish, 'bench');
  const at = `-n ${wish.namespace}`;
  const each = Array.from({ length: pods }, (_, i) => i).join(' ');
  const labels = `${JOB_NAME}=${job},${INDEX}=$i`;
  return [
    `kubectl apply -f ${folder}/bench.yaml`,
    `kubectl wait --for=condition=complete --timeout=1h job/${job} ${at}`,
    `for i in ${each}; do kubectl logs ${at} -l ${labels} --tail=-1 | grep -E '${HISTOGRAM_LINES}' > ${job}-$i.hlog; done`,
    `raftctl bench hist merge ${job}-*.hlog --output ${job}.hlog`,
    `kubectl delete job/${job} ${at}`,
  ];
}
