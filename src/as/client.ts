/** raft-demo's interactive client: lines of stdin, one answer each. */
import { createInterface } from 'node:readline';
import { DemoReplicas } from './demo-replicas.ts';
import type { OldLine } from './old-flags.ts';
import { demoConfigFor } from './pod-clients.ts';
import { POD_WAIT_FLAG } from './pod-servers.ts';
import { type AsContext, numberOf, type OldProgram } from './program.ts';

export const UDP_PORT = 15_000;

export const CLIENT: OldProgram = {
  name: 'client',
  system: 'raft-demo',
  about: 'Client of kvstore and diskstorage: get-KEY, set-KEY-VALUE, delete-KEY, exit.',
  examples: ['client -config client-config.toml'],
  flags: [
    { name: 'config', kind: 'text', default: 'client-config.toml', about: 'its configuration' },
    POD_WAIT_FLAG,
    {
      ...{ name: 'timeout', kind: 'number', default: '5000', env: 'RAFTCTL_ANSWER_TIMEOUT' },
      about: 'milliseconds an answer is waited for; the original waits for ever',
    },
  ],
  run: runClient,
};

async function runClient(line: OldLine, context: AsContext): Promise<number> {
  const config = await demoConfigFor(line, context);
  const { svrIps, localip } = config;
  const udpport = config.udpport ?? UDP_PORT;
  context.print(`rep: ${svrIps.length}`);
  context.print(`svrIps: [${svrIps.join(' ')}]`);
  context.print(`udpaddr: ${localip}:${udpport}`);
  const replicas = await DemoReplicas.open({ ...config, udpport });
  const timeoutMs = numberOf(line, 'timeout');
  let missed = 0;
  try {
    for await (const typed of createInterface({ input: process.stdin })) {
      if (typed.startsWith('exit')) break;
      const text = Buffer.from(typed, 'utf8').toString('latin1');
      const answer = await replicas.ask(`${udpport}-${text}\n\n`, timeoutMs);
      if (answer === null) {
        missed += 1;
        context.say(`No answer within ${timeoutMs} ms: it may be done or not`);
      } else {
        const shown = Buffer.from(answer.replace(/\n$/, ''), 'latin1').toString('utf8');
        context.print(`Received message: ${shown}`);
      }
    }
  } finally {
    replicas.close();
  }
  return missed === 0 ? 0 : 4;
}
