import { expect, test } from 'vitest';
import { namedNodes, selectNodes } from './nodes.ts';
import { NO_WISH, planCluster } from './topology.ts';

const SPEC = planCluster({
  name: 'demo',
  clusterId: 'a'.repeat(32),
  createdAt: '2026-01-01T00:00:00.000Z',
  ephemeral: false,
  wish: { ...NO_WISH, nodeCount: 3 },
  dataDirOf: (id) => `/nowhere/${id}`,
});
const idsOf = (ids: string[]): string[] => selectNodes(SPEC, ids).map((node) => node.id);

test('selectNodes() takes each named node once, and all when none is named', () => {
  expect(idsOf(['n2', 'n1', 'n2'])).toEqual(['n2', 'n1']);
  expect(idsOf([])).toEqual(['n1', 'n2', 'n3']);
  expect(() => idsOf(['n4'])).toThrow('Cannot find node n4 in cluster demo: it has n1, n2, n3');
});

test('namedNodes() does not mean all by none', () => {
  expect(() => namedNodes(SPEC, [])).toThrow('without the name of a node');
});
