import { BaseCommand } from '../../cli/base-command.ts';
import { MUTANTS } from '../../simulator/mutants.ts';

export default class SimMutants extends BaseCommand {
  static override summary = 'List the bugs that can be planted into the simulator.';
  static override description =
    'Each is a known mistake of Raft systems, made in a copy of the program. Controls change how it ' +
    'works and are no bugs.';
  static override examples = [
    '<%= config.bin %> sim mutants',
    '<%= config.bin %> sim --seeds 200 --mutate M13',
  ];

  async run(): Promise<unknown> {
    await this.parse(SimMutants);
    const rows = MUTANTS.map(({ id, kind, bug }) => ({ id, kind, bug }));
    for (const { id, kind, bug } of rows) {
      this.print(`${this.paintOut('cyan', id.padEnd(6))} ${kind.padEnd(9)} ${bug}`);
    }
    return this.answer('sim.mutants', { mutants: rows });
  }
}
