import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { clusterChoice, commandTimeoutFlag } from '../cli/flags.ts';
import { traceLines } from '../forensics/trace-text.ts';
import { traceRequest } from '../scenarios/trace.ts';
import { RaftctlError } from '../std/errors.ts';

export default class Trace extends BaseCommand {
  static override summary = 'Follow one request through the quorum, step by step.';
  static override description =
    'All nodes look out for one write: when the leader had it, when it was written and synced, ' +
    'when each follower got it, wrote it and said so, whose word made the majority, when it was ' +
    'applied and answered. The write goes to the key raftctl:trace, which expires after a minute; ' +
    'with --read it is a linearizable read, of KEY if it is named. Where nodes have clocks of ' +
    'their own, the times say how exact they are.';
  static override examples = [
    '<%= config.bin %> trace --cluster demo',
    '<%= config.bin %> trace --node n3',
    '<%= config.bin %> trace greeting --read --json',
  ];
  static override args = { key: Args.string({ description: 'What is read, with --read.' }) };
  static override flags = {
    ...clusterChoice,
    read: Flags.boolean({ summary: 'Trace a read instead of a write.', env: 'RAFTCTL_READ' }),
    node: Flags.string({
      summary: 'The node that is asked; the leader by default.',
      helpValue: 'NODE',
      env: 'RAFTCTL_NODE',
    }),
    timeout: commandTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Trace);
    const { dir, read, node = null, timeout: timeoutMs } = flags;
    if (args.key !== undefined && !read) {
      const message = `Cannot trace a write to ${args.key}: a traced write has a key of its own`;
      throw new RaftctlError('USAGE', { message, hint: 'Trace a read of it with --read' });
    }
    const trace = await traceRequest({
      ...{ dir, cluster: this.clusterNamed(flags.cluster), node, timeoutMs },
      kind: read ? 'read' : 'write',
      key: args.key ?? null,
    });
    for (const line of traceLines(trace, this.paintOut)) this.print(line);
    return this.answer('trace', trace);
  }
}
