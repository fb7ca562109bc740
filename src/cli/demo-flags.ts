/** The options of raft-demo's kvstore as flags of whatever makes nodes. */
import { Flags } from '@oclif/core';

export const demoFlags = {
  logfolder: Flags.string({
    summary: 'Write the application log of raft-demo into this folder; a logger: its logs.',
    helpValue: 'DIR',
    env: 'RAFTCTL_LOGFOLDER',
  }),
  synclog: Flags.boolean({
    summary: 'Sync every write to the application log.',
    dependsOn: ['logfolder'],
    env: 'RAFTCTL_SYNCLOG',
  }),
  throughput: Flags.string({
    summary: 'Write how many commands came (a logger: were written) each second into this folder.',
    helpValue: 'DIR',
    env: 'RAFTCTL_THROUGHPUT',
  }),
  prefill: Flags.integer({
    summary: 'Keys 0, 1, ... of 1024 bytes that a new cluster begins with.',
    helpValue: 'COUNT',
    min: 1,
    env: 'RAFTCTL_PREFILL',
  }),
  compress: Flags.boolean({
    summary: "Store values of raft-demo's clients compressed; the same for all nodes.",
    env: 'RAFTCTL_COMPRESS',
  }),
};

/** Where one node hands it out. */
export const hrecovFlag = Flags.string({
  summary: 'Hand out the application log here.',
  helpValue: 'HOST:PORT',
  dependsOn: ['logfolder'],
  env: 'RAFTCTL_HRECOV',
});

/** Their names, as they are typed. */
export const DEMO_FLAG_NAMES = [...Object.keys(demoFlags), 'hrecov'];
