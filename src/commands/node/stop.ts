import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { stateDirectory } from '../../cli/directories.ts';
import { entryOf } from '../../cli/entry.ts';
import { clusterChoice, durationFlag, procfileFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { stopNodes } from '../../cluster/down.ts';
import { askToStop } from '../../cluster/leader.ts';
import { namedNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { actElsewhere, isElsewhere } from '../../hosts/far-nodes.ts';

export default class NodeStop extends BaseCommand {
  static override summary = 'Stop nodes in good order.';
  static override description =
    'SIGTERM; a node that is still there after --timeout is killed. Its data stays. A leader hands ' +
    'over first, so that writers wait for milliseconds instead of an election.';
  static override examples = [
    '<%= config.bin %> node stop n1 --cluster demo',
    '<%= config.bin %> node stop raftexample2 --procfile Procfile',
  ];
  static override strict = false;
  static override usage = 'node stop NODE...';
  static override flags = {
    ...clusterChoice,
    procfile: procfileFlag,
    transfer: Flags.boolean({
      summary: 'Let a leader hand over first.',
      default: true,
      allowNo: true,
      env: 'RAFTCTL_TRANSFER',
    }),
    timeout: durationFlag({
      summary: 'How long a node may take to end.',
      default: 10_000,
      defaultHelp: async () => '10s',
      env: 'RAFTCTL_TIMEOUT',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeStop);
    const { procfile } = flags;
    if (procfile !== undefined) {
      return this.#inProcfile(procfile, { names: argv.map(String), graceMs: flags.timeout });
    }
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const nodes = namedNodes(spec, argv.map(String));
    const interrupts = new Interrupts(() => this.note('Stopping (Ctrl-C again kills)'));
    try {
      if (!flags.transfer) await askToStop(store, spec, nodes);
      const { hurry } = interrupts;
      const { timeout: graceMs } = flags;
      const results = isElsewhere(spec)
        ? await actElsewhere(spec, nodes, { verb: 'stop', timeoutMs: graceMs })
        : await stopNodes(nodes, { graceMs, hurry });
      for (const { id, outcome } of results) {
        this.print(`${id} ${outcome === 'idle' ? 'was down' : outcome}`);
      }
      return this.answer('node.stop', { cluster: spec.name, nodes: results });
    } finally {
      interrupts.release();
    }
  }

  async #inProcfile(
    path: string,
    { names, graceMs }: { readonly names: readonly string[]; readonly graceMs: number },
  ): Promise<unknown> {
    // Loaded only here: it knows every older program, and each node that starts would load them.
    const { Procfile } = await import('../../as/procfile-run.ts');
    const entry = entryOf(this.config.root);
    const procfile = await Procfile.open({ path, stateDirectory: stateDirectory(), entry });
    const interrupts = new Interrupts(() => this.note('Stopping (Ctrl-C again kills)'));
    try {
      const { hurry } = interrupts;
      const nodes = await procfile.stop(procfile.select(names), { graceMs, hurry });
      for (const { id, outcome } of nodes) {
        this.print(`${id} ${outcome === 'idle' ? 'was down' : outcome}`);
      }
      const told = nodes.map((node) => ({ ...node, durationMs: 0 }));
      return this.answer('node.stop', { cluster: procfile.path, nodes: told });
    } finally {
      interrupts.release();
    }
  }
}
