/** INFO: the state of the node in Redis's form, with a section of its own for Raft. */
import { RespText } from '../../wire/dialects/resp-reply.ts';
import type { NodeStatus } from '../../wire/status.ts';
import { REDIS_VERSION } from './resp-node-commands.ts';
import type { RespCommand, RespSession } from './resp-session.ts';

type Lines = Readonly<Record<string, string | number>>;

const SECTIONS: Readonly<Record<string, (session: RespSession, status: NodeStatus) => Lines>> = {
  Server: (_session, status) => ({
    redis_version: REDIS_VERSION,
    redis_mode: 'standalone',
    raftctl_version: status.version,
    process_id: status.pid,
    run_id: status.incarnation,
    tcp_port: status.clientAddress.slice(status.clientAddress.lastIndexOf(':') + 1),
    uptime_in_seconds: Math.floor(status.uptimeMs / 1000),
  }),
  Clients: (session) => ({
    connected_clients: [...session.facts.sessions()].length,
    maxclients: session.facts.maxClients,
  }),
  Persistence: (_session, status) => ({
    loading: 0,
    aof_enabled: 1,
    raft_fsync: status.fsync,
    raft_log_bytes: status.logBytes,
    raft_disk_free_bytes: status.freeBytes,
  }),
  Stats: (session) => ({
    total_connections_received: session.facts.counters.connections,
    total_commands_processed: session.facts.counters.commands,
    rejected_connections: session.facts.counters.rejectedConnections,
  }),
  Replication: () => ({
    // Every node takes writes (followers forward), so to a client none is a replica.
    role: 'master',
    connected_slaves: 0,
  }),
  Raft: (_session, status) => ({
    raft_cluster: status.cluster,
    raft_node: status.id,
    raft_role: status.role,
    raft_term: status.term,
    raft_leader: status.leader ?? '',
    raft_commit_index: status.commitIndex,
    raft_applied_index: status.appliedIndex,
    raft_last_index: status.lastIndex,
    raft_voters: status.members.filter((member) => member.voter).length,
  }),
  Keyspace: (session) => {
    const keys = session.peek({ op: 'size' });
    const expires = session.peek({ op: 'volatile' });
    const lines: Record<string, string> = {};
    if (typeof keys === 'number' && keys > 0) {
      lines['db0'] = `keys=${keys},expires=${String(expires)},avg_ttl=0`;
    }
    return lines;
  },
};

const EVERYTHING: ReadonlySet<string> = new Set(['ALL', 'DEFAULT', 'EVERYTHING']);

export const INFO: RespCommand = {
  name: 'INFO',
  arity: -1,
  kind: 'local',
  flags: ['loading', 'stale'],
  keys: [0, 0, 0],
  run(session, request) {
    const wanted = new Set<string>();
    for (let i = 1; i < request.argCount; i += 1) wanted.add(request.arg(i).toUpperCase());
    const all = wanted.size === 0 || [...wanted].some((name) => EVERYTHING.has(name));
    const status = session.facts.status();
    const parts: string[] = [];
    for (const [name, linesOf] of Object.entries(SECTIONS)) {
      if (!all && !wanted.has(name.toUpperCase())) continue;
      const lines = Object.entries(linesOf(session, status)).map(
        ([key, value]) => `${key}:${value}\r\n`,
      );
      parts.push(`# ${name}\r\n${lines.join('')}`);
    }
    return new RespText(parts.join('\r\n'));
  },
};
