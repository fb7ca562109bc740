import { expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import type { ClusterNodeRow, ClusterStatus } from '../wire/status.ts';
import {
  assessHealth,
  healthExit,
  healthLines,
  junitLines,
  nagiosExit,
  nagiosLine,
  prometheusLines,
} from './health.ts';
import { clusterGoal, nodeGoal } from './wait.ts';

function row(id: string, more: Partial<ClusterNodeRow> = {}): ClusterNodeRow {
  const base = { id, member: 1, state: 'up', role: id === 'n1' ? 'leader' : 'follower' } as const;
  const indexes = { term: 2, commitIndex: 9, appliedIndex: 9, lastIndex: 9, lag: 0 };
  const addresses = { clientAddress: 'a:1', peerAddress: 'a:2', adminAddress: 'a:3' };
  const life = { pid: 1, uptimeMs: 1, lastSeenMs: 0, fsync: 'always' } as const;
  const disk = { logBytes: 1, freeBytes: 1, snapshotIndex: null, snapshotBytes: null, error: null };
  return { ...base, voter: true, ...indexes, ...addresses, ...life, ...disk, ...more };
}

function status(more: Partial<ClusterStatus> = {}): ClusterStatus {
  const base = { name: 'demo', app: 'kvstore', leader: 'n1', term: 2, quorum: 2, tolerance: 1 };
  const promise = { fsync: 'always', durability: '', leases: false } as const;
  const nodes = [row('n1'), row('n2'), row('n3')];
  return { ...base, ...promise, serving: true, healthy: true, nodes, ...more };
}

const DEGRADED = status({
  healthy: false,
  tolerance: 0,
  nodes: [row('n1'), row('n2'), row('n3', { state: 'down', error: 'A|B <"&>' })],
});
const GONE = status({ leader: null, serving: false, healthy: false, tolerance: 0 });

test.each([
  ['healthy', status(), 0, 0, 'OK'],
  ['degraded', DEGRADED, 5, 1, 'WARNING'],
  ['unavailable', GONE, 3, 2, 'CRITICAL'],
] as const)('assessHealth() of a cluster that is %s', (verdict, seen, exit, nagios, word) => {
  const health = assessHealth(seen);
  expect(health.verdict).toBe(verdict);
  expect([healthExit(health), nagiosExit(health)]).toEqual([exit, nagios]);
  expect(nagiosLine(health, seen)).toMatch(new RegExp(`^RAFT ${word} - demo: [^|]* \\| up=`));
  expect(healthLines(health, PLAIN)[0]).toBe(`demo  ${verdict}`);
});

test('nagiosLine() counts nodes, and keeps the pipe sign for its figures', () => {
  expect(nagiosLine(assessHealth(DEGRADED), DEGRADED)).toBe(
    'RAFT WARNING - demo: node n3 down: A/B <"&> | up=2;;;0;3 tolerance=0',
  );
});

test('prometheusLines() and junitLines() show every node', () => {
  const metrics = prometheusLines(assessHealth(DEGRADED), DEGRADED);
  expect(metrics).toContain('raftctl_cluster_healthy{cluster="demo"} 0');
  expect(metrics).toContain('raftctl_node_up{cluster="demo",node="n3"} 0');
  const junit = junitLines(assessHealth(DEGRADED));
  expect(junit[1]).toBe('<testsuite name="raftctl demo" tests="5" failures="1">');
  expect(junit.join('\n')).toContain('<failure message="down: A|B &lt;&quot;&amp;&gt;"/>');
});

test('clusterGoal() tells what is still missing', () => {
  expect(clusterGoal('leader')(status())).toBeNull();
  expect(clusterGoal('leader')(GONE)).toBe('no leader serves');
  expect(clusterGoal('healthy')(DEGRADED)).toBe('n3 is down');
  expect(clusterGoal('index>=9')(status())).toBeNull();
  expect(clusterGoal('index >= 10')(status())).toBe('the highest committed index is 9');
  const behind = status({ nodes: [row('n1'), row('n2', { appliedIndex: 8 })] });
  expect(clusterGoal('converged')(behind)).toBe('n2 has applied 8 of 9');
  expect(clusterGoal('converged')(status())).toBeNull();
  expect(() => clusterGoal('index>=x')).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('nodeGoal() holds on to the index of its first look', () => {
  const goal = nodeGoal('caught-up', ['n2']);
  const behind = row('n2', { appliedIndex: 8 });
  expect(goal(status({ nodes: [row('n1'), behind] }))).toBe('n2 has applied 8 of 9');
  const moved = row('n1', { commitIndex: 99 });
  expect(goal(status({ nodes: [moved, row('n2')] }))).toBeNull();
});

test('nodeGoal() knows ready and voter', () => {
  expect(nodeGoal('ready', ['n1', 'n3'])(DEGRADED)).toBe('n3 is down');
  expect(nodeGoal('ready', ['n1'])(GONE)).toBe('n1 has no leader');
  const learner = status({ nodes: [row('n1'), row('n2', { voter: false })] });
  expect(nodeGoal('voter', ['n2'])(learner)).toBe('n2 has no vote');
  expect(nodeGoal('voter', ['n1'])(learner)).toBeNull();
});
