/** raft-demo's chatRoom, the server: a line of a client of the leader is told to everybody. */
import { DEMO_FLAGS, demoPlan } from './kvstore.ts';
import { portOf } from './node-flags.ts';
import { runOldNode } from './node-run.ts';
import type { OldProgram } from './program.ts';

/** Of the kvstore alone. */
const OTHERS: ReadonlySet<string> = new Set([
  ...['logfolder', 'synclog', 'cpuprofile', 'memprofile', 'monit'],
]);

export const CHATROOM: OldProgram = {
  name: 'chatroom',
  system: 'raft-demo',
  about: 'Lines told to everybody in one order.',
  examples: [
    'chatroom -id node0 -hjoin :13000',
    'chatroom -id node1 -port :11001 -raft :12001 -join :13000',
    'chatroom -id node2 -port :11002 -raft :12002 -join :13000',
  ],
  flags: DEMO_FLAGS.filter(({ name }) => !OTHERS.has(name)),
  run: async (line, context) => {
    const plan = await demoPlan('chatroom', line, context, [
      ['id', 'Server ID'],
      ['port', 'Server Port'],
      ['raft', 'Raft Port'],
      ['hjoin', 'Raft JoinAcceptor'],
      ['join', 'Join addr'],
    ]);
    const joins = plan.extras?.joins;
    const address = plan.self.clientAddress;
    return runOldNode(
      {
        ...{ ...plan, app: 'chatroom' as const },
        ports: [portOf(line, { address, dialect: 'chat-plain' })],
        extras: joins === undefined ? {} : { joins },
      },
      line,
      context,
    );
  },
};
