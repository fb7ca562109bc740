import { expect, test } from 'vitest';
import { fakeStatus } from '../../test/doubles/node-status.ts';
import type { NodeStatus } from '../wire/status.ts';
import { assembleStatus, type Observation, troubleOf } from './status.ts';
import { NO_WISH, planCluster } from './topology.ts';

const NOW_MS = 100_000;
const SPEC = planCluster({
  name: 'demo',
  clusterId: '00'.repeat(16),
  createdAt: '2026-01-01T00:00:00.000Z',
  ephemeral: false,
  wish: { ...NO_WISH, nodeCount: 3 },
  dataDirOf: (id) => `/data/${id}`,
});

/** Three nodes that run, of which n1 leads; the third with what a test wants different. */
function observe(third: Partial<NodeStatus>): Observation[] {
  return SPEC.nodes.map((node) => {
    const differences = node.id === 'n3' ? third : {};
    const role = node.id === 'n1' ? 'leader' : 'follower';
    const { id, member } = node;
    const status = fakeStatus({ id, member, role, ...differences });
    const process = { pid: node.member, startedAtMs: 0, isPaused: false };
    return { node, process, lastBeatMs: NOW_MS, status, error: status.error };
  });
}

test('assembleStatus() calls a cluster healthy when all nodes are up and follow the leader', () => {
  const status = assembleStatus(SPEC, observe({}), NOW_MS);
  expect(status).toMatchObject({ leader: 'n1', serving: true, healthy: true, tolerance: 1 });
  expect(troubleOf(status)).toBeNull();
});

test('assembleStatus() does not count on a node with a full disk, and troubleOf() names it', () => {
  const third = { diskFull: true, error: 'disk full: no new writes here, 0.0 MiB free' };
  const status = assembleStatus(SPEC, observe(third), NOW_MS);
  expect(status).toMatchObject({ serving: true, healthy: false, tolerance: 0 });
  expect(troubleOf(status)).toMatchObject({
    code: 'CLUSTER_DEGRADED',
    message: 'demo is degraded: n3: disk full: no new writes here, 0.0 MiB free',
  });
});

test('assembleStatus() shows a member from elsewhere by its own account alone', () => {
  const [one, two, three] = observe({});
  const third = { ...(three as Observation), process: null, lastBeatMs: null };
  const up = assembleStatus(SPEC, [one as Observation, two as Observation, third], NOW_MS);
  expect(up.nodes[2]).toMatchObject({ id: 'n3', state: 'up', lastSeenMs: 0 });
  expect(up.healthy).toBe(true);
  const silent = { ...third, status: null, error: 'no answer' };
  const down = assembleStatus(SPEC, [one as Observation, two as Observation, silent], NOW_MS);
  expect(down.nodes[2]).toMatchObject({ state: 'down', lastSeenMs: null });
  expect(down.healthy).toBe(false);
});
