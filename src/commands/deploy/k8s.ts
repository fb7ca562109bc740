import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { deployedJson, deployFlags, writeDeployed } from '../../cli/deploy-output.ts';
import { durationFlag } from '../../cli/flags.ts';
import { versionInfo } from '../../cli/version.ts';
import { contentsOf, keysIn, secretIn } from '../../cluster/key-material.ts';
import {
  CLIENT_KEY_FILES,
  clusterFiles,
  kustomization,
  nextSteps,
  nodeKeyFiles,
} from '../../deploy/cluster-files.ts';
import {
  type BenchWish,
  type ClusterWish,
  checkName,
  checkWish,
  servingPods,
} from '../../deploy/cluster-wish.ts';
import { textOf } from '../../deploy/manifest.ts';
import { SECRETS_FILE, type SecretMaterial, secretsFile } from '../../deploy/secret-manifests.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import { APP_NAMES } from '../../wire/node-config.ts';

export default class DeployK8s extends BaseCommand {
  static override summary = 'Write the manifests of a cluster for Kubernetes.';
  static override description =
    'A StatefulSet whose pods keep their names and disks, the Services that name them and that ' +
    'clients use, a budget for maintenance; learners and loggers on request. Pods run without ' +
    'rights, on different machines, and found the cluster together. Nothing is sent anywhere: ' +
    'kubectl apply does that. Everything has TLS and tokens. Secrets are named, not written: the ' +
    'next commands make them; or --secrets, which writes them into a file of their own. --bench ' +
    'adds a Job whose pods make load together; their histograms are in their logs, to be added up.';
  static override examples = [
    '<%= config.bin %> deploy k8s demo --output ./demo --secrets',
    '<%= config.bin %> deploy k8s demo --output ./demo --bench 4 --bench-rate 8000',
    '<%= config.bin %> deploy k8s demo -n 5 --learners 1 --storage 50Gi | kubectl apply -f -',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster.', default: 'demo' }),
  };
  static override flags = {
    ...deployFlags,
    nodes: Flags.integer({
      char: 'n',
      summary: 'Voting members.',
      default: 3,
      min: 1,
      max: 9,
      env: 'RAFTCTL_NODES',
    }),
    learners: count('Members without a vote.', 'RAFTCTL_LEARNERS'),
    loggers: count('Loggers, which write down what is applied.', 'RAFTCTL_LOGGERS'),
    app: Flags.option({
      summary: 'What the cluster replicates.',
      options: APP_NAMES,
      default: 'kvstore' as const,
      env: 'RAFTCTL_APP',
    })(),
    fsync: Flags.option({
      summary: 'When a write is synced before it is acknowledged.',
      options: ['always', 'batch', 'none'] as const,
      default: 'always' as const,
      env: 'RAFTCTL_FSYNC',
    })(),
    discovery: Flags.option({
      summary: 'How pods find one another; api needs the right to get and list pods.',
      options: ['dns', 'api'] as const,
      default: 'dns' as const,
      env: 'RAFTCTL_DISCOVERY',
    })(),
    domain: text('Domain of the cluster.', 'cluster.local', 'RAFTCTL_DOMAIN'),
    cpu: text('Cores that a pod asks for.', '500m', 'RAFTCTL_CPU'),
    memory: text('Memory that a pod gets, and no more.', '1Gi', 'RAFTCTL_MEMORY'),
    storage: text('Size of a disk.', '10Gi', 'RAFTCTL_STORAGE'),
    'storage-class': Flags.string({
      summary: "Class of the disks. [default: the cluster's]",
      helpValue: 'NAME',
      env: 'RAFTCTL_STORAGE_CLASS',
    }),
    insecure: Flags.boolean({
      summary: 'Without TLS and tokens, on a network that is closed by other means.',
      default: false,
      env: 'RAFTCTL_INSECURE',
    }),
    secrets: Flags.boolean({
      summary: 'Make keys and tokens in DIR/keys, and write them as Secrets: DIR/secrets.yaml.',
      default: false,
      env: 'RAFTCTL_SECRETS',
    }),
    bench: Flags.integer({
      summary: 'Write a Job that makes load from so many pods: DIR/bench.yaml.',
      helpValue: 'PODS',
      min: 1,
      max: 99,
      env: 'RAFTCTL_BENCH',
    }),
    'bench-rate': Flags.integer({
      summary: 'Requests a second of all its pods together. [default: a closed loop]',
      dependsOn: ['bench'],
      min: 1,
      env: 'RAFTCTL_BENCH_RATE',
    }),
    'bench-clients': Flags.integer({
      summary: 'Connections of each of its pods.',
      default: 50,
      min: 1,
      env: 'RAFTCTL_BENCH_CLIENTS',
    }),
    'bench-duration': durationFlag({
      summary: 'How long it measures.',
      default: 60_000,
      defaultHelp: async () => '60s',
      env: 'RAFTCTL_BENCH_DURATION',
    }),
    spread: Flags.option({
      summary:
        'Never two members on one host or in one zone; prefer: not if there is another host.',
      options: ['host', 'zone', 'prefer'] as const,
      default: 'host' as const,
      env: 'RAFTCTL_SPREAD',
    })(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DeployK8s);
    checkName('cluster', args.name);
    checkName('namespace', flags.namespace);
    const { spread, cpu, memory, output, image, insecure, secrets, ...rest } = flags;
    const wish: ClusterWish = {
      ...{ ...rest, name: args.name, resources: { cpu, memory }, tls: !insecure },
      image: image ?? `raftctl:${versionInfo().raftctl}`,
      storageClass: flags['storage-class'] ?? null,
      spread: { over: spread === 'zone' ? 'zone' : 'host', isRequired: spread !== 'prefer' },
      bench: await this.#bench(),
    };
    checkWish(wish);
    if (output === '-' && (secrets || wish.bench !== null)) {
      throw new RaftctlError('USAGE', {
        message: `Cannot write ${secrets ? 'secrets' : 'load'} into one stream with the cluster`,
        hint: 'Name a folder: --output DIR',
      });
    }
    const made = clusterFiles(wish);
    if (secrets) made.push(secretsFile(wish, await materialOf(wish, output)));
    const files = (output === '-' ? made : [...made, kustomization(made)]).map(textOf);
    const written = await writeDeployed(files, output, (line) => this.print(line));
    const next = nextSteps(wish, written.folder, secrets);
    if (written.folder !== null) {
      for (const file of written.files) this.print(file);
      this.print('Next:');
      for (const line of next) this.print(`  ${line}`);
    }
    if (insecure) this.note('Not secured: whoever reaches the pods may read and write everything');
    if (secrets)
      this.note(`${output}/${SECRETS_FILE} and ${output}/keys may do everything: keep them`);
    return this.answer('deploy.k8s', deployedJson(files, written, next));
  }

  async #bench(): Promise<BenchWish | null> {
    const { flags } = await this.parse(DeployK8s);
    const { bench: pods, 'bench-rate': rate = null } = flags;
    if (pods === undefined) return null;
    const { 'bench-clients': clients, 'bench-duration': durationMs } = flags;
    return { pods, rate, clients, durationMs };
  }
}

/** Keys lie beside the manifests: made once, and read again with every new manifest. */
async function materialOf(wish: ClusterWish, output: string): Promise<SecretMaterial> {
  const folder = resolve(output, 'keys');
  const secret = await secretIn(folder);
  await ignoreKeys(dirname(folder));
  if (!wish.tls) return { secret, tls: {}, client: {} };
  const members = servingPods(wish).map(({ id, host }) => ({ id, hosts: [host] }));
  await keysIn(folder, wish.name, members);
  const tls = await contentsOf(folder, nodeKeyFiles(wish));
  return { secret, tls, client: await contentsOf(folder, CLIENT_KEY_FILES) };
}

/** Whoever puts the folder into git is to leave keys out; a file that is there is its owner's. */
async function ignoreKeys(folder: string): Promise<void> {
  const path = join(folder, '.gitignore');
  const text = ['keys/', SECRETS_FILE, ''].join('\n');
  await writeFile(path, text, { flag: 'wx' }).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
}

function count(summary: string, env: string) {
  return Flags.integer({ summary, default: 0, min: 0, max: 99, env });
}

function text(summary: string, usual: string, env: string) {
  return Flags.string({ summary, default: usual, env });
}
