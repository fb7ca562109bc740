import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { entryOf } from '../cli/entry.ts';
import { durationFlag } from '../cli/flags.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { typed } from '../cli/invocation.ts';
import { LiveLine } from '../cli/live-line.ts';
import { runDemo } from '../scenarios/demo.ts';
import type { DemoResult } from '../scenarios/demo-result.ts';
import { progressLine, progressText, summaryLines } from '../scenarios/demo-view.ts';
import { RaftctlError } from '../std/errors.ts';

const LOAD_MS_MIN = 2000;
const LOAD_MS_DEFAULT = 10_000;

const NEXT = [
  'raftctl cluster up mine --nodes 3 --detach',
  'raftctl kv set greeting hello --cluster mine',
  'raftctl node kill n1 --cluster mine && raftctl cluster status mine',
];

export default class Demo extends BaseCommand {
  static override summary = 'Watch a cluster under load lose its leader and nothing else.';
  static override description =
    'Starts three nodes in a temporary folder on free ports, writes and reads through all of them, ' +
    'kills the leader with kill -9 in the middle, starts it again, and reads every acknowledged ' +
    'write back from every node. Leaves nothing behind. Exit code 9 when a write was lost.';
  static override examples = [
    '<%= config.bin %> demo --duration 10s',
    '<%= config.bin %> demo --json',
  ];
  static override flags = {
    duration: durationFlag({
      summary: 'How long the load runs.',
      default: LOAD_MS_DEFAULT,
      defaultHelp: async () => '10s',
      env: 'RAFTCTL_DURATION',
    }),
    'port-base': Flags.integer({
      summary: 'Client port of n1; peer ports +1000, admin ports +2000. [default: free ones]',
      env: 'RAFTCTL_PORT_BASE',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Demo);
    if (flags.duration < LOAD_MS_MIN) {
      throw new RaftctlError('USAGE', {
        message: `Cannot show a failover in ${flags.duration} ms: ${LOAD_MS_MIN} ms are needed`,
      });
    }
    const line = new LiveLine({ isQuiet: this.isQuiet, stream: process.stderr });
    const interrupts = new Interrupts(() => line.say('Stopping and cleaning up'));
    const paint = this.paintErr;
    line.say(`${paint('bold', 'raftctl demo')}: three nodes, one kill -9, nothing lost`);
    try {
      const result = await runDemo({
        entry: entryOf(this.config.root),
        formatNode: async (init) => (await import('../node/format.ts')).formatNode(init),
        loadMs: flags.duration,
        portBase: flags['port-base'] ?? null,
        signal: interrupts.signal,
        onStep: (text) => line.say(`${paint('cyan', '*')} ${text}`),
        onProgress: (progress) => {
          line.show(
            () => progressLine(progress, paint),
            () => progressText(progress),
          );
        },
      });
      line.end();
      for (const text of summaryLines(result, this.paintOut)) this.print(text);
      this.print('Next:');
      for (const text of NEXT) this.print(`  ${this.paintOut('cyan', typed(text))}`);
      return this.answer('demo', result, this.showTrouble(troubleOf(result)));
    } finally {
      line.end();
      interrupts.release();
    }
  }
}

/** The one promise that must hold; the exit code says when it did not. */
function troubleOf(result: DemoResult): RaftctlError | null {
  if (result.lost === 0) return null;
  return new RaftctlError('WRITE_LOST', {
    message: `Acknowledged writes were lost: ${result.lost}, for example ${result.lostSample.join(', ')}`,
    hint: 'This must never happen. Please report it',
  });
}
