import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { leaderRow } from '../../cluster/leader.ts';
import { clusterStatus } from '../../cluster/status.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { clusterGoal, waitUntil } from '../../cluster/wait.ts';

export default class LeaderShow extends BaseCommand {
  static override summary = 'Show who leads a cluster.';
  static override description =
    'Exit code 3 when nobody does. With --wait: until somebody leads and acknowledges writes, or ' +
    '--timeout is over (exit code 4).';
  static override examples = ['<%= config.bin %> leader show --cluster demo --wait'];
  static override flags = {
    ...clusterChoice,
    wait: Flags.boolean({
      summary: 'Wait until somebody leads and serves.',
      default: false,
      env: 'RAFTCTL_LEADER_SHOW_WAIT',
    }),
    timeout: waitTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LeaderShow);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const interrupts = new Interrupts(() => {});
    try {
      const { signal } = interrupts;
      const what = `a leader of ${spec.name}`;
      const init = { store, spec, timeoutMs: flags.timeout, signal, what };
      const status = flags.wait
        ? await waitUntil(init, clusterGoal('leader'))
        : await clusterStatus(store, spec);
      const { id, member, clientAddress, peerAddress, adminAddress } = leaderRow(status);
      const { term, serving, name } = status;
      const tail = serving ? '' : ', and does not serve writes yet';
      this.print(`${id} leads ${name} in term ${term}${tail}`);
      return this.answer('leader.show', {
        ...{ cluster: name, leader: id, member, term, serving },
        ...{ clientAddress, peerAddress, adminAddress },
      });
    } finally {
      interrupts.release();
    }
  }
}
