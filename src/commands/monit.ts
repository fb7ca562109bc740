import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { clusterChoice, durationFlag } from '../cli/flags.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { MONITOR_COLUMNS, Monitor, monitorLine } from '../cluster/monitor.ts';
import { ClusterStore } from '../cluster/store.ts';
import { RaftctlError } from '../std/errors.ts';
import { plural } from '../std/units.ts';

export default class Monit extends BaseCommand {
  static override summary = 'Write down what each node takes: processor, memory, disk, network.';
  static override description =
    'A line of CSV for each node and look, until Ctrl-C or --duration. Bytes read, written, received ' +
    'and sent are counted since the process began, those of the machine since it did; cpuPercent is ' +
    'of one core since the look before. What is not known is empty: all of a node that does not ' +
    'answer, and the disk of a process on another machine. The monitor of raft-demo is raftctl as monit.';
  static override examples = [
    '<%= config.bin %> monit --cluster demo',
    '<%= config.bin %> monit --cluster demo --every 500ms --duration 1m --output usage.csv',
  ];
  static override flags = {
    ...clusterChoice,
    every: durationFlag({
      summary: 'Time between two looks.',
      default: 1000,
      defaultHelp: async () => '1s',
      env: 'RAFTCTL_EVERY',
    }),
    duration: durationFlag({
      char: 'd',
      summary: 'End after this time. [default: with Ctrl-C]',
      env: 'RAFTCTL_DURATION',
    }),
    output: Flags.string({
      char: 'o',
      summary: 'Write into this file, made anew, instead of printing.',
      helpValue: 'FILE',
      env: 'RAFTCTL_OUTPUT',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Monit);
    const { every, duration = Number.POSITIVE_INFINITY, output = null } = flags;
    if (every === 0) throw new RaftctlError('USAGE', { message: 'Cannot look every 0 ms' });
    const spec = await new ClusterStore(flags.dir).find(this.clusterNamed(flags.cluster));
    const file = output === null ? null : await openNew(output);
    const monitor = new Monitor(spec);
    const interrupts = new Interrupts(() => {});
    const { signal } = interrupts;
    const write = async (lines: readonly string[]): Promise<void> => {
      if (file === null) for (const line of lines) this.print(line);
      else await file.write(`${lines.join('\n')}\n`);
    };
    let looks = 0;
    const silent = new Set<string>();
    try {
      await write([MONITOR_COLUMNS.join(',')]);
      const begunMs = performance.now();
      while (!signal.aborted) {
        const rows = await monitor.look();
        for (const { node, up } of rows) if (!up) silent.add(node);
        await write(rows.map(monitorLine));
        looks += 1;
        // By the first look: the time of asking and writing does not add up.
        const nextMs = Math.max(looks * every, performance.now() - begunMs);
        if (nextMs > duration) break;
        const waitMs = begunMs + nextMs - performance.now();
        await sleep(Math.max(0, waitMs), undefined, { signal }).catch(() => {});
      }
    } finally {
      interrupts.release();
      monitor.close();
      await file?.close();
    }
    if (output !== null) this.note(`${plural(looks, 'look')} in ${output}`);
    const result = { cluster: spec.name, looks, file: output, silent: [...silent] };
    return this.answer('monit', result, interrupts.exitCode ?? 0);
  }
}

async function openNew(path: string) {
  try {
    return await open(path, 'w', 0o644);
  } catch (cause) {
    throw new RaftctlError('DISK_FAILED', { message: `Cannot write ${path}`, cause });
  }
}
