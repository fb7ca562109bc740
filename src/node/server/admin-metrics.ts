/**
 * `GET /metrics`: everything a replica counts, in the text format of Prometheus, labelled with
 * cluster and member. Values are read when they are asked for; nothing is kept twice.
 */
import { createRequire } from 'node:module';
import type { Metric, Registry as PromRegistry } from 'prom-client';
import type { Histogram } from '../../std/histogram.ts';
import type { NodeStatus } from '../../wire/status.ts';
import type { AdminReplica } from './admin-contract.ts';

/** Of prom-client only this: the whole would load a tracing library into each node that starts. */
const Registry: typeof PromRegistry = createRequire(import.meta.url)('prom-client/lib/registry.js');

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Upper bounds of the exported buckets, in seconds: 64 us, 128 us, ... 33.6 s. All are exact. */
const PHASE_BOUNDS_US = Array.from({ length: 20 }, (_, i) => 2 ** (i + 6));

export type MetricType = 'gauge' | 'counter' | 'histogram';
type Labels = Readonly<Record<string, string | number>>;

interface Sample {
  /** Only when it is not the family's (histograms). */
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Collects families of samples and has them written by a registry of its own. */
export class MetricsPage {
  readonly #families = new Map<
    string,
    { name: string; help: string; type: MetricType; values: Sample[] }
  >();

  add(name: string, family: { help: string; type: MetricType }, ...samples: Sample[]): void {
    const known = this.#families.get(name);
    if (known === undefined) this.#families.set(name, { name, ...family, values: samples });
    else known.values.push(...samples);
  }

  render(): Promise<string> {
    const registry = new Registry();
    for (const family of this.#families.values()) {
      // The registry asks a metric for its name and, when it writes the page, for its values.
      const metric = { ...family, get: async () => family };
      registry.registerMetric(metric as unknown as Metric);
    }
    return registry.metrics();
  }
}

/** Adds the metrics of one replica. */
export function addReplicaMetrics(page: MetricsPage, replica: AdminReplica): void {
  const status = replica.status();
  const labels = { cluster: status.cluster, member: replica.memberName };
  addStatus(page, status, labels);
  addPeers(page, replica, status, labels);
  for (const [port, reasons] of Object.entries(replica.rejectedConnections())) {
    for (const [reason, value] of Object.entries(reasons)) {
      page.add(
        'raftctl_rejected_connections_total',
        { help: 'Connections closed for what they sent', type: 'counter' },
        { labels: { ...labels, port, reason }, value },
      );
    }
  }
  for (const [name, counter] of Object.entries(replica.counters())) {
    const { help } = counter;
    const samples =
      'value' in counter
        ? [{ labels, value: counter.value }]
        : Object.entries(counter.values).map(([key, value]) => ({
            labels: { ...labels, [counter.label]: key },
            value,
          }));
    page.add(`raftctl_${name}_total`, { help, type: 'counter' }, ...samples);
  }
  for (const [phase, histogram] of replica.phases()) {
    page.add(
      'raftctl_phase_duration_seconds',
      { help: 'Time that writes spend in each phase, measured on the leader', type: 'histogram' },
      ...phaseSamples({ ...labels, phase }, histogram),
    );
  }
}

function addStatus(page: MetricsPage, status: NodeStatus, labels: Labels): void {
  const gauge = (name: string, help: string, value: number): void => {
    page.add(`raftctl_${name}`, { help, type: 'gauge' }, { labels, value });
  };
  gauge('term', 'Current term', status.term);
  gauge('is_leader', '1 when this node leads', status.role === 'leader' ? 1 : 0);
  gauge('has_leader', '1 when this node knows a leader', status.leader === null ? 0 : 1);
  gauge(
    'is_serving',
    '1 when this node leads and has committed in its term',
    Number(status.serving),
  );
  gauge('commit_index', 'Last entry known to be committed', status.commitIndex);
  gauge('applied_index', 'Last entry applied to the state machine', status.appliedIndex);
  gauge('durable_index', 'Last entry synced to disk', status.durableIndex);
  gauge('last_index', 'Last entry in the log', status.lastIndex);
  gauge('first_index', 'First entry in the log', status.firstIndex);
  gauge('log_bytes', 'Size of the log on disk', status.logBytes);
  gauge('disk_free_bytes', 'Free space where the log lies', status.freeBytes);
  gauge('disk_full', '1 when no new writes are taken for lack of space', Number(status.diskFull));
  gauge('connections', 'Open client connections', status.connections);
  gauge('uptime_seconds', 'Time since the node started', status.uptimeMs / 1000);
  page.add(
    'raftctl_info',
    { help: 'Always 1; says what runs here', type: 'gauge' },
    {
      labels: { ...labels, version: status.version, fsync: status.fsync, app: status.app },
      value: 1,
    },
  );
}

function addPeers(
  page: MetricsPage,
  replica: AdminReplica,
  status: NodeStatus,
  labels: Labels,
): void {
  for (const member of status.members) {
    if (member.matchIndex === null) continue;
    page.add(
      'raftctl_peer_match_index',
      { help: 'Last entry a follower is known to hold; on the leader', type: 'gauge' },
      { labels: { ...labels, peer: member.id }, value: member.matchIndex },
    );
  }
  for (const peer of replica.peers()) {
    const name = status.members.find((m) => m.member === peer.member)?.id ?? String(peer.member);
    const add = (metric: string, type: MetricType, help: string, value: number): void => {
      const sample = { labels: { ...labels, peer: name }, value };
      page.add(`raftctl_peer_${metric}`, { help, type }, sample);
    };
    add('connected', 'gauge', '1 when there is a connection to the peer', Number(peer.connected));
    add('queued_bytes', 'gauge', 'Bytes that wait to be sent to the peer', peer.queuedBytes);
    add('sent_bytes_total', 'counter', 'Bytes sent to the peer', peer.sentBytes);
    add('received_bytes_total', 'counter', 'Bytes received from the peer', peer.receivedBytes);
    add(
      ...(['dropped_messages_total', 'counter'] as const),
      ...(['Messages to the peer given up', peer.droppedMessages] as const),
    );
    add('reconnects_total', 'counter', 'Connections made again to the peer', peer.reconnects);
    if (peer.rttMs !== null) {
      add('rtt_seconds', 'gauge', 'Last measured round trip to the peer', peer.rttMs / 1000);
    }
  }
}

function phaseSamples(labels: Labels, histogram: Histogram): Sample[] {
  const name = 'raftctl_phase_duration_seconds';
  const metricName = `${name}_bucket`;
  const samples: Sample[] = PHASE_BOUNDS_US.map((us) => ({
    ...{ metricName, labels: { ...labels, le: us / 1e6 } },
    value: histogram.countBelow(us),
  }));
  const value = histogram.count;
  samples.push({ metricName, labels: { ...labels, le: '+Inf' }, value });
  samples.push({ metricName: `${name}_sum`, labels, value: histogram.sumUs / 1e6 });
  samples.push({ metricName: `${name}_count`, labels, value });
  return samples;
}
