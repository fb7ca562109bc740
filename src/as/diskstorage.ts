/** raft-demo's diskstorage: its kvstore's command line, values in the slots of one file. */
import { resolve } from 'node:path';
import { DEMO_FLAGS, demoPlan } from './kvstore.ts';
import { runOldNode } from './node-run.ts';
import { isOn, type OldProgram, textOf } from './program.ts';

export const DISKSTORAGE: OldProgram = {
  name: 'diskstorage',
  system: 'raft-demo',
  about: 'Values of 1 KiB in one file, protobuf and text, answers by UDP.',
  examples: [
    'diskstorage -id node0 -hjoin :13000',
    'diskstorage -id node1 -port :11001 -raft :12001 -join :13000 -statefile /tmp/store1gb-1.txt',
  ],
  flags: [
    ...DEMO_FLAGS,
    {
      ...{ name: 'statefile', kind: 'text', default: '/tmp/store1gb.txt' },
      ...{ env: 'RAFTCTL_STATEFILE', about: 'the file of slots; made anew at each start' },
    },
    {
      ...{ name: 'compat', kind: 'switch', default: 'false', env: 'RAFTCTL_COMPAT' },
      about: 'every value becomes 1024 times @, as in the original',
    },
  ],
  run: async (line, context) => {
    const plan = await demoPlan('diskstorage', line, context);
    const filler = isOn(line, 'compat');
    const stateFile = resolve(context.cwd, textOf(line, 'statefile'));
    return runOldNode(
      {
        ...{ ...plan, app: 'diskstorage' as const },
        ports: plan.ports.map((port) => ({ ...port, filler })),
        extras: { ...plan.extras, stateFile },
      },
      line,
      context,
    );
  },
};
