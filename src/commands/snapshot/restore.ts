import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag } from '../../cli/flags.ts';
import { snapshotFileAt } from '../../cli/given-file.ts';
import { systemdFlag } from '../../cli/hosts-flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { typed } from '../../cli/invocation.ts';
import { type RestoreInit, restoreCluster } from '../../cluster/restore.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { type ClusterSpec, NO_WISH, type UnitManager } from '../../cluster/topology.ts';
import { asOfText, type InspectedSnapshot } from '../../node/wal/snapshot-catalogue.ts';
import { EXIT, RaftctlError } from '../../std/errors.ts';
import { plural } from '../../std/units.ts';
import { APP_NAMES, type AppName } from '../../wire/node-config.ts';

const LOCK_TIMEOUT_MS = 30_000;

export default class SnapshotRestore extends BaseCommand {
  static override summary = 'Make a new cluster that begins with a saved state.';
  static override description =
    'Verifies FILE, then makes the data directories of a new cluster NAME with it; raftctl cluster up ' +
    'starts it. The new cluster has an id and a secret of its own, so its nodes and those of the old ' +
    'one never take each other for their own, and it may have any number of nodes, on other machines ' +
    'with --hosts. What was written after the snapshot is not in it: --expect-index refuses a file that is older than you think.';
  static override examples = [
    '<%= config.bin %> snapshot restore demo.snap demo2 --nodes 5',
    '<%= config.bin %> snapshot restore demo.snap demo2 --expect-index 120000',
    '<%= config.bin %> snapshot restore wide.snap wide2 --hosts hosts.toml --tls',
  ];
  static override args = {
    file: Args.string({ description: 'A saved snapshot.', required: true }),
    name: Args.string({ description: 'Name of the new cluster.', required: true }),
  };
  static override flags = {
    nodes: Flags.integer({
      char: 'n',
      summary: 'How many nodes. [default: 3]',
      env: 'RAFTCTL_NODES',
      min: 1,
    }),
    'port-base': Flags.integer({
      summary: 'Client port of n1; peer ports +1000, admin ports +2000.',
      env: 'RAFTCTL_PORT_BASE',
    }),
    fsync: Flags.option({
      summary: 'When a write is synced before it is acknowledged. [default: always]',
      options: ['always', 'batch', 'none'] as const,
      env: 'RAFTCTL_FSYNC',
    })(),
    tls: Flags.boolean({
      summary: 'Make certificates and tokens, and serve nobody without.',
      env: 'RAFTCTL_TLS',
    }),
    hosts: Flags.string({
      summary: 'Machines to run the nodes on, reached by ssh (TOML).',
      helpValue: 'FILE',
      env: 'RAFTCTL_HOSTS',
    }),
    systemd: systemdFlag,
    dir: dirFlag,
    'expect-cluster': Flags.string({
      summary: 'Refuse a file that was not taken of this cluster.',
      helpValue: 'NAME|ID',
      env: 'RAFTCTL_EXPECT_CLUSTER',
    }),
    'expect-index': Flags.integer({
      summary: 'Refuse a file whose state ends before this entry.',
      min: 1,
      env: 'RAFTCTL_EXPECT_INDEX',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SnapshotRestore);
    const store = new ClusterStore(flags.dir);
    const path = await snapshotFileAt(args.file);
    const { app, clusterId, ...state } = factsOf(await inspect(path));
    const origin = await store.withId(clusterId);
    await checkOrigin(store, { clusterId, wanted: flags['expect-cluster'] ?? null, path });
    checkAge({ index: state.index, wanted: flags['expect-index'] ?? null, path });
    const wish = {
      ...NO_WISH,
      app,
      nodeCount: flags.nodes ?? null,
      portBase: flags['port-base'] ?? null,
      fsync: flags.fsync ?? null,
      tls: flags.tls || null,
    };
    const init = { store, name: args.name, wish, timeoutMs: LOCK_TIMEOUT_MS };
    const spec =
      flags.hosts === undefined
        ? await this.#here(init, path, flags.systemd)
        : await this.#elsewhere({ ...init, snapshot: path }, flags.hosts, flags.systemd);
    this.#report(spec, state);
    const { name, nodes } = spec;
    return this.answer('snapshot.restore', {
      ...{ name, clusterId: spec.clusterId, directory: store.folderOf(name) },
      nodes: nodes.map((node) => node.id),
      clientAddresses: nodes.map((node) => node.clientAddress),
      from: { file: path, clusterId, cluster: origin?.name ?? null, app, ...state },
    });
  }

  async #here(
    init: Omit<RestoreInit, 'formatNode'>,
    snapshot: string,
    units: UnitManager | undefined,
  ): Promise<ClusterSpec> {
    if (units !== undefined) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot make systemd units of nodes of this machine',
        hint: 'They are for other machines: --hosts hosts.toml. That may name this one, by ssh',
      });
    }
    const { formatNode } = await import('../../node/format.ts');
    return restoreCluster({ ...init, formatNode: (one) => formatNode({ ...one, snapshot }) });
  }

  async #elsewhere(
    init: Omit<RestoreInit, 'formatNode'> & { readonly snapshot: string },
    hostsFile: string,
    units: UnitManager | undefined,
  ): Promise<ClusterSpec> {
    const { restoreElsewhere } = await import('../../hosts/far-restore.ts');
    const say = (line: string): void => this.note(line);
    const far = { ...init, hostsFile, units: units ?? null, root: this.config.root, say };
    return stoppable(
      () => this.note('Giving up: nothing of it will be left (Ctrl-C again ends at once)'),
      (signal) => restoreElsewhere({ ...far, signal }),
      () => process.exit(EXIT.interrupted),
    );
  }

  #report(
    spec: ClusterSpec,
    state: { readonly index: number; readonly asOf: string | null },
  ): void {
    const asOf = state.asOf === null ? '' : ` (${state.asOf})`;
    this.print(
      `Made ${spec.name}: ${plural(spec.nodes.length, 'node')} with the state of entry ${state.index}${asOf}`,
    );
    this.print(`Start it: ${typed(`raftctl cluster up ${spec.name} --detach`)}`);
  }
}

async function inspect(path: string): Promise<InspectedSnapshot> {
  const { FsDisk } = await import('../../node/io/fs-disk.ts');
  const { inspectSnapshot } = await import('../../node/wal/snapshot-catalogue.ts');
  const found = await inspectSnapshot(new FsDisk({ readOnly: true }), path);
  if (found.damage === null) return found;
  const { code, message } = found.damage;
  throw new RaftctlError(code, {
    message,
    hint: 'Nothing was made. Take another copy of it, or an older file',
  });
}

function factsOf({ header }: InspectedSnapshot) {
  const { cluster: clusterId = '', app: name = '', meta } = header ?? {};
  const app = APP_NAMES.find((known): known is AppName => known === name);
  if (app === undefined) {
    throw new RaftctlError('FORMAT_UNSUPPORTED', {
      message: `Cannot restore the state of the app ${JSON.stringify(name)}: this raftctl does not know it`,
      hint: `It knows ${APP_NAMES.join(', ')}: use the version of raftctl that saved the file`,
    });
  }
  const { index = 0, term = 0, leaderTimeMs = 0 } = meta ?? {};
  return { app, clusterId, index, term, asOf: asOfText(leaderTimeMs) };
}

/** @throws {RaftctlError} SNAPSHOT_REFUSED when the file is of another cluster than was said. */
async function checkOrigin(
  store: ClusterStore,
  is: { readonly clusterId: string; readonly wanted: string | null; readonly path: string },
): Promise<void> {
  const { clusterId, wanted, path } = is;
  if (wanted === null || wanted === clusterId) return;
  if ((await store.load(wanted).catch(() => null))?.clusterId === clusterId) return;
  const known = await store.withId(clusterId);
  const whose = known === null ? `of the id ${clusterId}` : `${known.name} (${clusterId})`;
  throw new RaftctlError('SNAPSHOT_REFUSED', {
    message: `Cannot restore ${path} as it is not of ${wanted}: it was taken of the cluster ${whose}`,
    hint: 'Take the right file, or leave --expect-cluster out',
  });
}

/** @throws {RaftctlError} SNAPSHOT_REFUSED when the state is older than was said. */
function checkAge(is: {
  readonly index: number;
  readonly wanted: number | null;
  readonly path: string;
}): void {
  const { index, wanted, path } = is;
  if (wanted === null || index >= wanted) return;
  throw new RaftctlError('SNAPSHOT_REFUSED', {
    message: `Cannot restore ${path} as it is older than entry ${wanted}: its state ends at entry ${index}`,
    hint: `What came after would be lost. Take a newer file, or say --expect-index ${index}`,
  });
}
