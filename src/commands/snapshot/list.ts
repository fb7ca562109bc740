import { join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { type ErrorReport, reportOf } from '../../cli/error-report.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { fetchSnapshots } from '../../client/snapshot-client.ts';
import { selectNodes } from '../../cluster/nodes.ts';
import { runningNodes, snapshotNode } from '../../cluster/snapshots.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { asOfText } from '../../node/wal/snapshot-catalogue.ts';
import { EXIT, type RaftctlError } from '../../std/errors.ts';
import { tableLines } from '../../std/table.ts';
import { formatBytes } from '../../std/units.ts';
import type { SnapshotRow } from '../../wire/snapshots.ts';

interface Row extends Omit<SnapshotRow, 'index' | 'term'> {
  /** Null: read from a directory that was named. */
  readonly id: string | null;
  /** Null: damaged, or still being written. */
  readonly index: number | null;
  readonly term: number | null;
  readonly state: 'kept' | 'writing' | 'damaged';
  readonly file: string | null;
}

export default class SnapshotList extends BaseCommand {
  static override summary = 'List the snapshots of nodes.';
  static override description =
    'Running nodes are asked, the directories of others are read. Without names: every node of the ' +
    'cluster. Only headers are read: raftctl snapshot inspect verifies a whole file.';
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
    if (directory !== undefined) return this.#report(null, await folderRows(null, directory));
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(flags.cluster ?? null);
    const chosen = selectNodes(spec, argv.map(String));
    const running = await runningNodes(chosen);
    const lists = await Promise.all(
      chosen.map(async (node) => {
        if (!running.includes(node)) return folderRows(node.id, node.dataDir);
        const { snapshots, taking } = await fetchSnapshots(
          await snapshotNode({ store, spec }, node),
        );
        const kept = snapshots.filter((row) => row.index !== taking);
        const rows = kept.map((row): Row => ({ id: node.id, ...row, state: 'kept', file: null }));
        return { rows: taking === null ? rows : [...rows, writing(node.id, taking)], damage: null };
      }),
    );
    const rows = lists.flatMap((list) => list.rows);
    const damage = lists.find((list) => list.damage !== null)?.damage ?? null;
    return this.#report(spec.name, { rows, damage });
  }

  #report(
    cluster: string | null,
    found: { readonly rows: readonly Row[]; readonly damage: RaftctlError | null },
  ): unknown {
    const { rows, damage } = found;
    if (rows.length === 0) {
      this.print(
        'No snapshot yet: nodes take one once their log is worth it, or raftctl snapshot take',
      );
    } else for (const line of table(rows)) this.print(line);
    const exit = this.showTrouble(damage);
    const report: ErrorReport | null = damage === null ? null : reportOf(damage);
    const data = { cluster, snapshots: rows, damage: report };
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

async function folderRows(
  id: string | null,
  dataDir: string,
): Promise<{ rows: Row[]; damage: RaftctlError | null }> {
  const { FsDisk } = await import('../../node/io/fs-disk.ts');
  const { listSnapshots } = await import('../../node/wal/snapshot-catalogue.ts');
  const folder = join(resolve(dataDir), 'snapshots');
  const listed = await listSnapshots(new FsDisk({ readOnly: true }), folder, null);
  const rows = listed.map(({ path: file, bytes, header }): Row => {
    const meta = header?.meta ?? null;
    const { index = null, term = null } = meta ?? {};
    const asOf = meta === null ? null : asOfText(meta.leaderTimeMs);
    return { id, index, term, bytes, asOf, state: meta === null ? 'damaged' : 'kept', file };
  });
  return { rows, damage: listed.find((one) => one.damage !== null)?.damage ?? null };
}
