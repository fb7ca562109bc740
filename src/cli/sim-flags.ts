/** Flags that the simulator's commands share. */
import { Flags } from '@oclif/core';

export const workersFlag = Flags.integer({
  summary: 'Threads that run seeds.',
  helpValue: 'W',
  min: 1,
  max: 256,
  default: 1,
  env: 'RAFTCTL_SIM_WORKERS',
});

export const simSecondsFlag = Flags.integer({
  summary: 'Simulated seconds of faults and load, before everything heals.',
  helpValue: 'S',
  min: 1,
  default: 60,
  env: 'RAFTCTL_SIM_SECONDS',
});

/** What a seed alone does not say of its run. */
export const runFlags = {
  'sim-seconds': simSecondsFlag,
  nodes: Flags.integer({
    summary: 'Members of each cluster.  [default: drawn, 1 to 7]',
    helpValue: 'N',
    min: 1,
    max: 9,
    env: 'RAFTCTL_SIM_NODES',
  }),
  profile: Flags.string({
    summary: 'Faults of all kinds; leaders that fall; nodes that lag; leases; power cuts.',
    options: ['swarm', 'storm', 'lag', 'lease', 'power'],
    default: 'swarm',
    env: 'RAFTCTL_SIM_PROFILE',
  }),
  load: Flags.integer({
    summary: 'Requests a second of all clients together.  [default: drawn]',
    helpValue: 'N',
    min: 1,
    env: 'RAFTCTL_SIM_LOAD',
  }),
  workers: workersFlag,
  mutate: Flags.string({
    summary: 'Plant one of the bugs that `sim mutants` lists.',
    helpValue: 'ID',
    env: 'RAFTCTL_SIM_MUTATE',
  }),
};
