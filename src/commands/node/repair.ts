import { join } from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { reportOf } from '../../cli/error-report.ts';
import { clusterChoice, snapshotTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { typed } from '../../cli/invocation.ts';
import { selectNodes } from '../../cluster/nodes.ts';
import { checkDown, type Repaired, type RepairSite, repairMember } from '../../cluster/repair.ts';
import type { SnapshotsInit } from '../../cluster/snapshots.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterNode } from '../../cluster/topology.ts';
import { isElsewhere } from '../../hosts/far-nodes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import { formatDurationMs } from '../../std/units.ts';

export default class NodeRepair extends BaseCommand {
  static override summary = "Replace a stopped node's damaged data by what the others hold.";
  static override description =
    'For a node that does not start because its log or its newest snapshot is damaged (exit code 12). ' +
    'It gets a snapshot that holds all it can ever have acknowledged, and does not vote again in any ' +
    'term it can have voted in. That takes a leader that serves and an answer of every other voter: ' +
    'without them the node stays out. What was there is kept beside it.';
  static override examples = ['<%= config.bin %> node repair n3 --cluster demo'];
  static override args = {
    node: Args.string({ description: 'The node.', required: true }),
  };
  static override flags = { ...clusterChoice, timeout: snapshotTimeoutFlag };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(NodeRepair);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const [node] = selectNodes(spec, [args.node]) as [ClusterNode];
    const interrupts = new Interrupts(() => this.note('Giving up: nothing was changed'));
    const begun = performance.now();
    try {
      const init = { store, spec, timeoutMs: flags.timeout, signal: interrupts.signal };
      const { damage, repaired } = isElsewhere(spec)
        ? await this.#elsewhere(init, node)
        : await repairMember(init, node, await siteHere(init, node));
      const durationMs = Math.round(performance.now() - begun);
      this.#say({ node, damage, repaired, durationMs });
      const outcome = repaired === null ? ('sound' as const) : ('repaired' as const);
      const { term = null, index = null, from = null, kept = null } = repaired ?? {};
      return this.answer('node.repair', {
        ...{ cluster: spec.name, id: node.id, outcome, durationMs },
        damage: damage === null ? null : reportOf(damage),
        ...{ from, index, term, kept },
      });
    } finally {
      interrupts.release();
    }
  }

  async #elsewhere(init: SnapshotsInit, node: ClusterNode) {
    const { repairSiteElsewhere } = await import('../../hosts/far-repair.ts');
    const { SshConnections } = await import('../../hosts/ssh.ts');
    return SshConnections.use((connections) =>
      repairMember(init, node, repairSiteElsewhere(init, connections, node)),
    );
  }

  #say(what: {
    readonly node: ClusterNode;
    readonly damage: RaftctlError | null;
    readonly repaired: Repaired | null;
    readonly durationMs: number;
  }): void {
    const { node, damage, repaired, durationMs } = what;
    if (repaired === null) {
      this.print(`${node.id} is sound: nothing was changed`);
    } else {
      const { from, index, kept } = repaired;
      this.print(`${node.id} was damaged: ${damage?.message}`);
      const time = formatDurationMs(durationMs);
      this.print(
        `Repaired with all up to entry ${index}, from ${from}, in ${time}; what was there: ${kept}`,
      );
    }
    this.print(`Start it: ${typed(`raftctl node start ${node.id}`)}`);
  }
}

async function siteHere({ spec }: SnapshotsInit, node: ClusterNode): Promise<RepairSite> {
  const { findDamage, repairNode } = await import('../../node/repair.ts');
  const directory = node.dataDir;
  return {
    checkDown: () => checkDown(spec, node),
    findDamage: () => findDamage(directory),
    snapshotFile: join(directory, 'repair.snap'),
    replace: (snapshot, term) => repairNode({ directory, snapshot, term }),
  };
}
