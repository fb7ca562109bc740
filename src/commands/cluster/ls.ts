import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag } from '../../cli/flags.ts';
import { runningNodes } from '../../cluster/running.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterSpec } from '../../cluster/topology.ts';
import type { Paint } from '../../std/paint.ts';
import { tableLines } from '../../std/table.ts';

interface Row {
  readonly name: string;
  readonly app: string;
  readonly nodes: number;
  readonly running: number;
  readonly fsync: string;
  readonly ephemeral: boolean;
  readonly createdAt: string;
  readonly clientAddresses: readonly string[];
}

export default class ClusterLs extends BaseCommand {
  static override summary = 'List the clusters of this machine.';
  static override description = 'Shows every cluster of the folder, also those that are down.';
  static override examples = ['<%= config.bin %> cluster ls --json'];
  static override flags = { dir: dirFlag };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ClusterLs);
    const store = new ClusterStore(flags.dir);
    const specs = await store.list();
    const rows = await Promise.all(specs.map((spec) => rowOf(store, spec)));
    if (rows.length === 0) this.print(`No cluster in ${flags.dir}. Start one: raftctl cluster up`);
    else for (const line of table(rows, this.paintOut)) this.print(line);
    return this.answer('cluster.ls', { directory: flags.dir, clusters: rows });
  }
}

async function rowOf(store: ClusterStore, spec: ClusterSpec): Promise<Row> {
  return {
    name: spec.name,
    app: spec.app,
    nodes: spec.nodes.length,
    running: await runningNodes(store, spec),
    fsync: spec.fsync,
    ephemeral: spec.ephemeral,
    createdAt: spec.createdAt,
    clientAddresses: spec.nodes.map((node) => node.clientAddress),
  };
}

function table(rows: readonly Row[], paint: Paint): string[] {
  return tableLines(
    [
      { title: 'NAME', cell: (row: Row) => row.name },
      { title: 'APP', cell: (row) => row.app },
      { title: 'NODES', align: 'right', cell: (row) => row.nodes },
      { title: 'UP', align: 'right', cell: (row) => row.running },
      { title: 'FSYNC', cell: (row) => row.fsync },
      { title: 'CLIENT', cell: (row) => row.clientAddresses[0] ?? null },
      { title: 'MADE', cell: (row) => row.createdAt.slice(0, 16).replace('T', ' ') },
    ],
    rows,
    paint,
  );
}
