import { expect, test } from 'vitest';
import { fakeStatus } from '../../test/doubles/node-status.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeStatus } from '../wire/status.ts';
import { specOf, troubleElsewhere } from './discovered.ts';

const answer = (member: number, more: Partial<NodeStatus> = {}) => ({
  address: `demo-${member}.demo:13000`,
  status: fakeStatus({ member, id: `n${member}`, role: 'follower', fsync: 'batch', ...more }),
});

test('specOf() takes who answers as it was found, and who does not as the others know it', () => {
  const spec = specOf('srv:demo', [answer(3), answer(1, { role: 'leader', fsync: 'always' })]);
  expect(spec).toMatchObject({ name: 'demo', clusterId: '00'.repeat(16), app: 'kvstore' });
  const known = spec.nodes.map(({ id, adminAddress, fsync }) => [id, adminAddress, fsync]);
  expect(known).toEqual([
    ['n1', 'demo-1.demo:13000', 'always'],
    ['n2', '127.0.0.1:13002', undefined],
    ['n3', 'demo-3.demo:13000', 'batch'],
  ]);
  expect(spec.nodes.every(({ dataDir }) => dataDir === '')).toBe(true);
});

test('specOf() believes the leader of the newest term, and keeps a node that was removed', () => {
  const [one, two] = fakeStatus().members;
  const old = answer(3, { role: 'leader', term: 2, commitIndex: 99, leases: true });
  const now = answer(1, { role: 'leader', term: 3, members: [one, two].flatMap((m) => m ?? []) });
  const behind = answer(2, { term: 3, commitIndex: 100 });
  const spec = specOf('srv:demo', [old, behind, now]);
  expect(spec.nodes.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3']);
  expect(spec.leases).toBe(undefined);
});

test('specOf() refuses a name that stands for two clusters', () => {
  const other = answer(2, { clusterId: '11'.repeat(16) });
  expect(() => specOf('srv:demo', [answer(1), other])).toThrow(
    'Cannot tell which cluster srv:demo is: demo-2.demo:13000 is of another',
  );
});

test('troubleElsewhere() names no command that takes a folder', () => {
  const trouble = new RaftctlError('NO_LEADER', {
    message: 'Nobody leads demo',
    hint: 'Start it: raftctl cluster up demo',
  });
  expect(troubleElsewhere(null)).toBe(null);
  expect(troubleElsewhere(trouble)).toMatchObject({ code: 'NO_LEADER', message: trouble.message });
  expect(troubleElsewhere(trouble)?.hint).toContain('kubectl');
});
