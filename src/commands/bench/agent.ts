import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import { AgentServer, agentAddress } from '../../bench/agent-server.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { durationFlag } from '../../cli/flags.ts';
import { insecureBindFlag } from '../../cli/founding-flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { versionInfo } from '../../cli/version.ts';
import { readAgentToken } from '../../measurements/agent-flags.ts';
import { isLoopback } from '../../std/address.ts';
import { RaftctlError } from '../../std/errors.ts';

const LOOK_EVERY_MS = 100;

export default class BenchAgent extends BaseCommand {
  static override summary = 'Make load on this machine as a bench on another one says.';
  static override description =
    'raftctl bench --agents HOST:PORT,... has agents make its load, all from one moment on, and adds ' +
    'up what they counted. Both show that they know the same token, which never travels. One bench ' +
    'at a time; when it is gone, so is its load. Ends on Ctrl-C.';
  static override examples = [
    '<%= config.bin %> bench agent --token-file ./agent.token',
    '<%= config.bin %> bench agent --listen 10.0.0.9:13900 --token-file ./agent.token --tls-cert ./member-a1.pem',
  ];
  static override flags = {
    listen: Flags.string({
      summary: 'Where the bench finds it.',
      helpValue: 'HOST:PORT',
      default: '127.0.0.1:13900',
      env: 'RAFTCTL_LISTEN',
    }),
    'token-file': Flags.string({
      summary: 'File with what both must know; for example openssl rand -hex 32.',
      helpValue: 'FILE',
      required: true,
      env: 'RAFTCTL_TOKEN_FILE',
    }),
    'tls-cert': Flags.string({
      summary: 'Certificate and key, in one file: everything is encrypted.',
      helpValue: 'FILE',
      env: 'RAFTCTL_TLS_CERT',
    }),
    'insecure-bind': insecureBindFlag,
    idle: durationFlag({
      summary: 'End when nobody has measured for so long. [default: never]',
      env: 'RAFTCTL_IDLE',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(BenchAgent);
    const { listen: address, 'tls-cert': certificate, idle } = flags;
    if (certificate === undefined && !flags['insecure-bind']) checkBind(address);
    const token = await readAgentToken(flags['token-file']);
    const identity = certificate === undefined ? null : await contentOf(certificate);
    const interrupts = new Interrupts(() => this.note('Stopping'));
    const program = versionInfo().raftctl;
    const say = (line: string): void => this.note(line);
    try {
      const agent = await AgentServer.open({ address, token, identity, program, say });
      this.note(`Listening on ${agent.address}`);
      while (!interrupts.signal.aborted && agent.idleMs <= (idle ?? Number.POSITIVE_INFINITY)) {
        await sleep(LOOK_EVERY_MS, undefined, { signal: interrupts.signal }).catch(() => {});
      }
      await agent.close();
      this.print(`Made load for ${agent.runs} runs`);
      const data = { address: agent.address, runs: agent.runs };
      return this.answer('bench.agent', data, interrupts.exitCode ?? 0);
    } finally {
      interrupts.release();
    }
  }
}

function checkBind(address: string): void {
  const { host } = agentAddress(address);
  if (isLoopback(host)) return;
  throw new RaftctlError('EXPOSED_BIND', {
    message: `Cannot listen on ${address} without a certificate: who listens on the way learns the target's keys`,
    hint: 'Add --tls-cert FILE, made by raftctl tls init --into DIR --member NAME=HOST. Or, on a closed network, --insecure-bind',
  });
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RaftctlError('TLS_INVALID', {
      message: `Cannot read a certificate from ${path}`,
      cause,
    });
  }
}
