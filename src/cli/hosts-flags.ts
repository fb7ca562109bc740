/** Flags of clusters whose nodes run on other machines. */
import { Flags } from '@oclif/core';

export const systemdFlag = Flags.option({
  summary: "Have the machines' systemd look after the nodes: the user's own, or the system's.",
  options: ['user', 'system'] as const,
  env: 'RAFTCTL_SYSTEMD',
})();
