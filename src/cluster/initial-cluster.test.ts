import { expect, test } from 'vitest';
import { clusterIdOf, parseInitialCluster } from './initial-cluster.ts';

const LIST = 'n10=10.0.0.3:1:2:3,n1=127.0.0.1:11000:12000:13000,n2=[::1]:4:5:6';

test('parseInitialCluster() numbers members by name, whatever the order', () => {
  const members = parseInitialCluster(LIST);
  expect(members.map((member) => [member.member, member.id])).toEqual([
    [1, 'n1'],
    [2, 'n2'],
    [3, 'n10'],
  ]);
  expect(members[1]).toMatchObject({ clientAddress: '[::1]:4', adminAddress: '[::1]:6' });
  const turned = LIST.split(',').reverse().join(',');
  expect(parseInitialCluster(turned)).toEqual(members);
});

test('parseInitialCluster() refuses lists that are wrong', () => {
  for (const text of ['', 'n1', 'n1=h:1:2', 'n1=h:1:2:70000', 'n1=h:1:2:3,n1=h:4:5:6']) {
    expect(() => parseInitialCluster(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  }
});

test('clusterIdOf() depends on every address', () => {
  const id = clusterIdOf(parseInitialCluster(LIST));
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(clusterIdOf(parseInitialCluster(LIST.replace('13000', '13009')))).not.toBe(id);
});
