import { describe, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin } from '../../../test/doubles/admin-replica.ts';
import { fakeStatus } from '../../../test/doubles/node-status.ts';
import type { AdminReplica } from './admin-contract.ts';

interface Page {
  readonly types: ReadonlyMap<string, string>;
  /** `name{labels}` to value. */
  readonly samples: ReadonlyMap<string, number>;
}

/** The text format of Prometheus, read strictly. */
function parse(text: string): Page {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  const helped = new Set<string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = /^# HELP ([a-zA-Z_:][\w:]*) \S.*$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (gauge|counter|histogram)$/.exec(line);
    const sample =
      /^([a-zA-Z_:][\w:]*)(\{(?:[a-z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/i.exec(line);
    if (help !== null) helped.add(help[1] as string);
    else if (type !== null) {
      expect(types.has(type[1] as string), `${line} comes twice`).toBe(false);
      types.set(type[1] as string, type[2] as string);
    } else {
      expect(sample, line).not.toBeNull();
      const name = sample?.[1] as string;
      const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
      expect(types.has(family) && helped.has(family), line).toBe(true);
      const key = `${name}${sample?.[2] ?? ''}`;
      expect(samples.has(key), `${key} comes twice`).toBe(false);
      samples.set(key, Number(sample?.[3]));
      expect(samples.get(key), line).not.toBeNaN();
    }
  }
  return { types, samples };
}

async function pageOf(...replicas: AdminReplica[]): Promise<Page> {
  const server = await openAdmin(replicas);
  const response = await fetch(`http://${server.address}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  await server.close();
  return parse(text);
}

const OWN = 'cluster="demo",member="n1"';

describe('GET /metrics', () => {
  test('GET /metrics gives the state of the replica with cluster and member', async () => {
    const { types, samples } = await pageOf(
      new FakeAdminReplica({ term: 4, role: 'leader', commitIndex: 41, appliedIndex: 40 }),
    );
    const expected = {
      raftctl_term: 4,
      raftctl_is_leader: 1,
      raftctl_has_leader: 1,
      raftctl_commit_index: 41,
      raftctl_applied_index: 40,
      raftctl_last_index: 7,
      raftctl_log_bytes: 1000,
      raftctl_disk_free_bytes: 1_000_000,
      raftctl_connections: 0,
      raftctl_uptime_seconds: 5,
    };
    for (const [name, value] of Object.entries(expected)) {
      expect([name, samples.get(`${name}{${OWN}}`)]).toEqual([name, value]);
      expect(types.get(name)).toBe('gauge');
    }
  });

  test('GET /metrics names peers and counts what was sent, dropped and rejected', async () => {
    const members = fakeStatus().members.map((member) =>
      member.id === 'n2' ? { ...member, matchIndex: 6 } : member,
    );
    const replica = new FakeAdminReplica({ members });
    replica.peerTraffic = [
      {
        ...{ member: 2, connected: true, queuedBytes: 10, sentBytes: 20, receivedBytes: 30 },
        ...{ droppedMessages: 3, reconnects: 1, rttMs: 0.5 },
      },
      {
        ...{ member: 3, connected: false, queuedBytes: 0, sentBytes: 0, receivedBytes: 0 },
        ...{ droppedMessages: 0, reconnects: 0, rttMs: null },
      },
    ];
    replica.rejected = { peer: { wrongCluster: 2 }, client: { garbage: 5 } };
    const { types, samples } = await pageOf(replica);
    expect(samples.get(`raftctl_peer_match_index{${OWN},peer="n2"}`)).toBe(6);
    expect(samples.has(`raftctl_peer_match_index{${OWN},peer="n3"}`)).toBe(false);
    expect(samples.get(`raftctl_peer_connected{${OWN},peer="n3"}`)).toBe(0);
    expect(samples.get(`raftctl_peer_queued_bytes{${OWN},peer="n2"}`)).toBe(10);
    expect(samples.get(`raftctl_peer_dropped_messages_total{${OWN},peer="n2"}`)).toBe(3);
    expect(samples.get(`raftctl_peer_rtt_seconds{${OWN},peer="n2"}`)).toBe(0.0005);
    const rejected = `raftctl_rejected_connections_total{${OWN},`;
    expect(samples.get(`${rejected}port="peer",reason="wrongCluster"}`)).toBe(2);
    expect(samples.get(`${rejected}port="client",reason="garbage"}`)).toBe(5);
    expect(types.get('raftctl_rejected_connections_total')).toBe('counter');
  });

  test('GET /metrics gives counters, whole and by label', async () => {
    const replica = new FakeAdminReplica();
    replica.counts = {
      log_syncs: { help: 'Syncs of the log', value: 12 },
      outcomes: { help: 'How requests ended', label: 'outcome', values: { ok: 9, 'un"k\nown': 1 } },
    };
    const { types, samples } = await pageOf(replica);
    expect(types.get('raftctl_log_syncs_total')).toBe('counter');
    expect(samples.get(`raftctl_log_syncs_total{${OWN}}`)).toBe(12);
    expect(samples.get(`raftctl_outcomes_total{${OWN},outcome="ok"}`)).toBe(9);
    expect(samples.get(`raftctl_outcomes_total{${OWN},outcome="un\\"k\\nown"}`)).toBe(1);
  });

  test('GET /metrics gives phases as histograms whose buckets add up', async () => {
    const replica = new FakeAdminReplica();
    replica.record('sync', [63, 64, 127, 5000, 90_000_000]);
    const { types, samples } = await pageOf(replica);
    const name = 'raftctl_phase_duration_seconds';
    const labels = `${OWN},phase="sync"`;
    expect(types.get(name)).toBe('histogram');
    const buckets = [...samples]
      .filter(([key]) => key.startsWith(`${name}_bucket{${labels},le="`))
      .map(([key, value]) => [/le="([^"]+)"/.exec(key)?.[1], value] as const);
    expect(buckets.slice(0, 2)).toEqual([
      ['0.000064', 1],
      ['0.000128', 3],
    ]);
    expect(buckets.at(-2)?.[1]).toBe(4);
    expect(buckets.at(-1)).toEqual(['+Inf', 5]);
    for (const [i, [, value]] of buckets.entries()) {
      expect(value).toBeGreaterThanOrEqual(buckets[i - 1]?.[1] ?? 0);
    }
    expect(samples.get(`${name}_count{${labels}}`)).toBe(5);
    expect(samples.get(`${name}_sum{${labels}}`)).toBeCloseTo(90.005254, 9);
  });

  test('GET /metrics gives several replicas under one head, and the process once', async () => {
    const { samples } = await pageOf(
      new FakeAdminReplica(),
      new FakeAdminReplica({ cluster: 'other', clusterId: 'ff'.repeat(16), id: 'm1', term: 8 }),
    );
    expect(samples.get(`raftctl_term{${OWN}}`)).toBe(2);
    expect(samples.get('raftctl_term{cluster="other",member="m1"}')).toBe(8);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(samples.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
    expect(samples.get('nodejs_eventloop_utilization')).toBeLessThanOrEqual(1);
  });

  test('GET /metrics shows a loop that stood still, once', async () => {
    const server = await openAdmin([]);
    const lag = async (): Promise<number> => {
      const text = await (await fetch(`http://${server.address}/metrics`)).text();
      return parse(text).samples.get('nodejs_eventloop_lag_max_seconds') as number;
    };
    // The probe measures between its own wakes: two, with the stall between them.
    await new Promise((resolve) => setTimeout(resolve, 250));
    const until = performance.now() + 400;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await lag()).toBeGreaterThan(0.1);
    expect(await lag()).toBeLessThan(0.1);
    await server.close();
  });
});
