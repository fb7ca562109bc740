/** Profiles of the whole life of a node, as flags of what runs it. */
import { Flags } from '@oclif/core';

/** A file, or a folder in which it gets the name that Node would give it. */
function profileFlag(summary: string, env: string) {
  return Flags.string({ summary, env, helpValue: 'FILE|DIR', dependsOn: ['data-dir'] });
}

export const lifeProfileFlags = {
  cpuprofile: profileFlag('Write a profile of the processor at the end.', 'RAFTCTL_CPUPROFILE'),
  heapprofile: profileFlag('Write a profile of allocations at the end.', 'RAFTCTL_HEAPPROFILE'),
  heapsnapshot: profileFlag('Write all that lives at the end.', 'RAFTCTL_HEAPSNAPSHOT'),
  'profile-on-anomaly': Flags.boolean({
    summary: 'Keep the last seconds of a profile when the node stalls or an election begins.',
    env: 'RAFTCTL_PROFILE_ON_ANOMALY',
  }),
};

/** Where the files go that were wished for. */
export function profileWish(flags: {
  readonly cpuprofile?: string | undefined;
  readonly heapprofile?: string | undefined;
  readonly heapsnapshot?: string | undefined;
}): { cpu?: string; heap?: string; snapshot?: string } {
  const { cpuprofile: cpu, heapprofile: heap, heapsnapshot: snapshot } = flags;
  return {
    ...(cpu !== undefined && { cpu }),
    ...(heap !== undefined && { heap }),
    ...(snapshot !== undefined && { snapshot }),
  };
}
