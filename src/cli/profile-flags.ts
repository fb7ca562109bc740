/** Flags of the commands that take profiles. */
import { Flags } from '@oclif/core';
import { clusterChoice, durationFlag } from './flags.ts';

export const profileFlags = {
  ...clusterChoice,
  all: Flags.boolean({ summary: 'All nodes of the cluster.', env: 'RAFTCTL_ALL' }),
  output: Flags.string({
    char: 'o',
    summary: 'Folder for the files.',
    helpValue: 'DIR',
    default: '.',
    env: 'RAFTCTL_OUTPUT',
  }),
};

export const profileDuration = durationFlag({
  char: 'd',
  summary: 'How long to take samples.',
  default: 10_000,
  defaultHelp: async () => '10s',
  env: 'RAFTCTL_DURATION',
});
