import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice, snapshotTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { typed } from '../../cli/invocation.ts';
import { selectNodes } from '../../cluster/nodes.ts';
import {
  caughtUpNode,
  fetchSnapshotFile,
  type SnapshotsInit,
  takeSnapshot,
} from '../../cluster/snapshots.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterNode } from '../../cluster/topology.ts';
import { checkTarget, writeWholeFile } from '../../cluster/whole-file.ts';
import { asOfText, type InspectedSnapshot } from '../../node/wal/snapshot-catalogue.ts';
import { RaftctlError } from '../../std/errors.ts';
import { formatBytes } from '../../std/units.ts';

export default class SnapshotSave extends BaseCommand {
  static override summary = "Save a cluster's state to a file.";
  static override description =
    'Takes a snapshot of a running node that holds every write acknowledged before, and copies it ' +
    'to FILE, which gets its name only when every checksum in it is right. Nothing stops meanwhile. ' +
    'raftctl snapshot restore makes a new cluster of it.';
  static override examples = [
    '<%= config.bin %> snapshot save demo.snap --cluster demo',
    '<%= config.bin %> snapshot save old.snap --node n2 --index 120000',
  ];
  static override args = {
    file: Args.string({ description: 'Where to save it.', required: true }),
  };
  static override flags = {
    ...clusterChoice,
    node: Flags.string({
      summary: 'Save that of this node. [default: a follower]',
      helpValue: 'NODE',
      env: 'RAFTCTL_NODE',
    }),
    index: Flags.integer({
      summary: 'Save the one it has at this entry, and take none.',
      dependsOn: ['node'],
      min: 1,
      env: 'RAFTCTL_INDEX',
    }),
    force: Flags.boolean({ summary: 'Replace FILE if it exists.', env: 'RAFTCTL_FORCE' }),
    timeout: snapshotTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SnapshotSave);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const candidates = selectNodes(spec, flags.node === undefined ? [] : [flags.node]);
    const interrupts = new Interrupts(() => this.note('Giving up'));
    const target = { path: resolve(args.file), mayReplace: flags.force };
    try {
      await checkTarget(target);
      const init = { store, spec, timeoutMs: flags.timeout, signal: interrupts.signal };
      const { node, index } = await source(init, candidates, flags.index ?? null);
      let saved: InspectedSnapshot | null = null;
      await writeWholeFile({
        ...target,
        fill: async (write) => {
          await fetchSnapshotFile(init, { node, index }, write);
        },
        check: async (temporary) => {
          saved = await checked(temporary, { clusterId: spec.clusterId, index });
        },
      });
      return this.#report({ cluster: spec.name, node: node.id, file: target.path }, saved);
    } finally {
      interrupts.release();
    }
  }

  #report(
    from: { readonly cluster: string; readonly node: string; readonly file: string },
    saved: InspectedSnapshot | null,
  ): unknown {
    const meta = saved?.header?.meta;
    const { bytes = 0, digest = null } = saved ?? {};
    const { index = 0, term = 0, leaderTimeMs = 0 } = meta ?? {};
    this.print(`Saved ${from.cluster} as of entry ${index} (${from.node}): ${formatBytes(bytes)}`);
    this.print(`  ${from.file}`);
    this.print(`  sha256 of the data ${digest}`);
    this.print(`Back to life: ${typed(`raftctl snapshot restore ${from.file} NAME`)}`);
    const asOf = asOfText(leaderTimeMs);
    return this.answer('snapshot.save', { ...from, index, term, asOf, bytes, digest });
  }
}

async function source(
  init: SnapshotsInit,
  candidates: readonly ClusterNode[],
  index: number | null,
): Promise<{ node: ClusterNode; index: number }> {
  const [only] = candidates;
  if (index !== null && only !== undefined) return { node: only, index };
  const node = await caughtUpNode(init, candidates);
  const taken = await takeSnapshot(init, node);
  return { node, index: taken.index };
}

/** @throws {RaftctlError} SNAPSHOT_CORRUPT when it is not the whole of what was asked for. */
async function checked(
  path: string,
  wanted: { readonly clusterId: string; readonly index: number },
): Promise<InspectedSnapshot> {
  const { FsDisk } = await import('../../node/io/fs-disk.ts');
  const { inspectSnapshot } = await import('../../node/wal/snapshot-catalogue.ts');
  const found = await inspectSnapshot(new FsDisk({ readOnly: true }), path);
  if (found.damage !== null) throw found.damage;
  const isIt =
    found.header?.cluster === wanted.clusterId && found.header.meta.index === wanted.index;
  if (isIt) return found;
  throw new RaftctlError('SNAPSHOT_CORRUPT', {
    message: 'Cannot save the snapshot as the node sent another one than it was asked for',
    hint: 'Nothing was left behind: try again',
  });
}
