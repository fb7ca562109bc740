/** What a node counts, as its metrics tell it. */
import type { LogStore } from './ports/log-store.ts';
import type { Replica } from './replica/replica.ts';
import type { AdminCounter } from './server/admin-contract.ts';

export interface Counted {
  readonly replica: Replica;
  readonly log: LogStore;
  /** Of all client ports together. */
  readonly total: (counter: 'commands' | 'connections') => number;
}

/** By name, without the prefix `raftctl_` and the suffix `_total`. */
export function nodeCounters({ replica, log, total }: Counted): Record<string, AdminCounter> {
  return {
    client_commands: {
      help: 'Commands taken from clients on this node.',
      value: total('commands'),
    },
    client_connections: {
      help: 'Connections taken from clients on this node.',
      value: total('connections'),
    },
    proposals: { help: 'Commands taken for the log.', value: replica.counters.proposals },
    read_rounds: {
      help: 'Groups of linearizable reads this node took.',
      value: replica.counters.reads,
    },
    lease_reads: {
      help: 'Groups of linearizable reads answered by a lease.',
      value: replica.counters.leaseReads,
    },
    log_syncs: { help: 'Syncs of the log.', value: log.stats().syncs },
    inbox_dropped: {
      help: 'Peer messages dropped because the inbox was full.',
      value: replica.counters.inboxDropped,
    },
  };
}
