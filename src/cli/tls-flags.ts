/** Flags of the commands about certificates. */
import { Args, Flags } from '@oclif/core';
import { dirFlag } from './flags.ts';

export const tlsArgs = {
  name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
};

export const tlsFlags = {
  dir: dirFlag,
  into: Flags.string({
    summary: 'Folder of certificates that no cluster of this machine has: for nodes made by hand.',
    helpValue: 'DIR',
    env: 'RAFTCTL_INTO',
  }),
};
