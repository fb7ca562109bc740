import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { type ErrorReport, reportOf } from '../../cli/error-report.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { fetchSnapshots } from '../../client/snapshot-client.ts';
import { selectNodes } from '../../cluster/nodes.ts';
import { runningNodes, snapshotNode } from '../../cluster/snapshots.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterNode, ClusterSpec } from '../../cluster/topology.ts';
import { isElsewhere } from '../../hosts/far-nodes.ts';
import { snapshotsElsewhere } from '../../hosts/far-snapshots.ts';
import { EXIT, errorTold, type RaftctlError } from '../../std/errors.ts';
import { tableLines } from '../../std/table.ts';
import { formatBytes } from '../../std/units.ts';
import type { FolderOfSnapshots, FoundSnapshot } from '../../wire/snapshots.ts';

interface Row extends Omit<FoundSnapshot, 'state' | 'file'> {
  /** Null: read from a directory that was named. */
  readonly id: string | null;
  readonly state: FoundSnapshot['state'] | 'writing';
  /** Null: the node was asked. */
  readonly file: string | null;
}

interface Listed {
  readonly rows: readonly Row[];
  readonly trouble: RaftctlError | null;
}

export default class SnapshotList extends BaseCommand {
  static override summary = 'List the snapshots of nodes.';
  static override description =
    'Running nodes are asked, the directories of others are read, over ssh where they are on other ' +
    'machines. Without names: every node of the cluster. Only headers are read: raftctl snapshot inspect verifies a whole file.';
  static override examples = [
    '<%= config.bin %> snapshot list --cluster demo',
    '<%= config.bin %> snapshot list --data-dir ./n1',
  ];
  static override strict = false;
  static override usage = 'snapshot list [NODE...]';
  static override flags = {
    ...clusterChoice,
    'data-dir': Flags.string({
      summary: 'Read this data directory, of no cluster known here.',
      helpValue: 'DIR',
      env: 'RAFTCTL_DATA_DIR',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(SnapshotList);
    const directory = flags['data-dir'];
    if (directory !== undefined) return this.#report(null, await folderHere(directory));
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const chosen = selectNodes(spec, argv.map(String));
    const running = await runningNodes(spec, chosen);
    const others = chosen.filter((node) => !running.includes(node));
    const asked = await Promise.all(running.map((node) => askedOf({ store, spec }, node)));
    const found = await foldersOf(spec, others);
    const all = [...asked, found.rows].flat();
    const rows = chosen.flatMap(({ id }) => all.filter((row) => row.id === id));
    return this.#report(spec.name, { rows, trouble: found.trouble });
  }

  #report(cluster: string | null, { rows, trouble }: Listed): unknown {
    if (rows.length === 0 && trouble === null) {
      this.print(
        'No snapshot yet: nodes take one once their log is worth it, or raftctl snapshot take',
      );
    } else for (const line of table(rows)) this.print(line);
    const exit = this.showTrouble(trouble);
    const damage: ErrorReport | null = trouble === null ? null : reportOf(trouble);
    const data = { cluster, snapshots: rows, damage };
    return this.answer('snapshot.list', data, exit === 0 ? EXIT.ok : exit);
  }
}

function table(rows: readonly Row[]): string[] {
  return tableLines(
    [
      { title: 'NODE', cell: (row: Row) => row.id },
      { title: 'INDEX', align: 'right', cell: (row) => row.index },
      { title: 'TERM', align: 'right', cell: (row) => row.term },
      {
        title: 'SIZE',
        align: 'right',
        cell: (row) => (row.bytes === 0 ? null : formatBytes(row.bytes)),
      },
      { title: 'AS OF', cell: (row) => row.asOf?.slice(0, 19).replace('T', ' ') ?? null },
      { title: 'STATE', cell: (row) => row.state },
      { title: 'FILE', cell: (row) => row.file },
    ],
    rows,
  );
}

function writing(id: string, index: number): Row {
  return { id, index, term: null, bytes: 0, asOf: null, state: 'writing', file: null };
}

async function askedOf(
  cluster: { readonly store: ClusterStore; readonly spec: ClusterSpec },
  node: ClusterNode,
): Promise<readonly Row[]> {
  const { id } = node;
  const { snapshots, taking } = await fetchSnapshots(await snapshotNode(cluster, node));
  const kept = snapshots.filter((row) => row.index !== taking);
  const rows = kept.map((row): Row => ({ id, ...row, state: 'kept', file: null }));
  return taking === null ? rows : [...rows, writing(id, taking)];
}

/** What lies on disk, wherever that is. */
async function foldersOf(spec: ClusterSpec, nodes: readonly ClusterNode[]): Promise<Listed> {
  if (nodes.length === 0) return { rows: [], trouble: null };
  if (isElsewhere(spec)) {
    const { found, trouble } = await snapshotsElsewhere(spec, nodes);
    return { ...listedIn(found), trouble };
  }
  const { readSnapshotFolder } = await import('../../node/snapshot-folder.ts');
  const folders = nodes.map(async ({ id, dataDir }) => {
    return { id, ...(await readSnapshotFolder(dataDir)) };
  });
  return listedIn(await Promise.all(folders));
}

async function folderHere(dataDir: string): Promise<Listed> {
  const { readSnapshotFolder } = await import('../../node/snapshot-folder.ts');
  return listedIn([{ id: null, ...(await readSnapshotFolder(dataDir)) }]);
}

function listedIn(
  folders: readonly (FolderOfSnapshots & { readonly id: string | null })[],
): Listed {
  const rows = folders.flatMap(({ id, rows: own }) => own.map((row) => ({ id, ...row })));
  const damage = folders.find((folder) => folder.damage !== null)?.damage ?? null;
  return { rows, trouble: damage === null ? null : errorTold(damage) };
}
