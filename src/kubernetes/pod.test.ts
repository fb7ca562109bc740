import { describe, expect, test } from 'vitest';
import { contactsOf, leadersOf, loadIn, serverIn, targetsOf } from './demo-pods.ts';
import { groupOfContainer, groupOfPod, isInPod, nodeNameOf, ownPod, type Pod } from './pod.ts';

const OWN = { name: 'kvstore-follower-2-5f7-x', namespace: 'default', ip: '10.0.0.9' };

function pod(container: string | null, ip: string | null, name = `${container}-a-b`): Pod {
  return { name, container, ip, isEnding: false };
}

describe('ownPod()', () => {
  test('ownPod() reads the variables of the older system, or their short names', () => {
    const long = { MY_POD_NAME: 'a', MY_POD_NAMESPACE: 'b', MY_POD_IP: '10.0.0.7' };
    const short = { POD_NAME: 'a', POD_NAMESPACE: 'b', POD_IP: '10.0.0.7' };
    for (const env of [long, short]) {
      expect(ownPod(env)).toEqual({ name: 'a', namespace: 'b', ip: '10.0.0.7' });
    }
    expect(isInPod({})).toBe(false);
    expect(isInPod(short)).toBe(true);
  });

  test('ownPod() names every variable that is missing', () => {
    expect(() => ownPod({ MY_POD_NAME: 'a' })).toThrow(/MY_POD_NAMESPACE, MY_POD_IP/);
  });

  test('nodeNameOf() tells pods apart that differ in any part of their address', () => {
    const names = ['10.0.1.7', '10.0.2.7', 'fd00::7', 'fd00::1:7'].map((ip) =>
      nodeNameOf('node', { ...OWN, ip }),
    );
    expect(new Set(names).size).toBe(4);
    expect(names[0]).toBe('node10.0.1.7');
  });
});

describe('groups', () => {
  test('groupOfPod() is the third part of a name, never a hash', () => {
    expect(groupOfPod('kvstore-leader-1-a-b', 2)).toBe(1);
    expect(groupOfPod('kvstore-leader-66874-b7x2k', 2)).toBeNull();
    expect(groupOfPod('kvstore-leader-a-b', 2)).toBeNull();
    expect(groupOfPod('loadgen-kv-12-x', 1)).toBe(12);
    expect(groupOfPod('loadgen-kv-77777', 1)).toBeNull();
  });

  test('groupOfContainer() ends a name', () => {
    expect(groupOfContainer('kvstore-leader-10')).toBe(10);
    expect(groupOfContainer('r3-kvstore-leader')).toBeNull();
  });
});

describe('contactsOf()', () => {
  const pods = [
    pod('kvstore-leader-1', '10.0.0.1'),
    pod('kvstore-leader-2', '10.0.0.2'),
    pod('kvstore-follower-2', '10.0.0.3'),
    pod('kvstore-leader-20', '10.0.0.20'),
    pod('diskstorage-leader-2', '10.0.0.4'),
    pod('kvstore-follower-2', '10.0.0.9', OWN.name),
    pod(null, null, 'kvstore-leader-2-just-made'),
  ];

  test('contactsOf() is the leader of the same group and app, and then the others of it', () => {
    const found = contactsOf(pods, serverIn('kvstore', OWN), OWN);
    expect(Array.isArray(found) && found.map(({ ip }) => ip)).toEqual(['10.0.0.2', '10.0.0.3']);
  });

  test('contactsOf() finds nobody rather than a wrong one', () => {
    const group = { app: 'kvstore', group: 3 };
    expect(contactsOf(pods, group, OWN)).toMatch('no pod with a container kvstore-leader-3');
    const alone = { app: 'kvstore', group: null };
    expect(contactsOf(pods, alone, OWN)).toMatch('no pod with a container kvstore-leader has');
    const twice = [...pods, pod('kvstore-leader-2', '10.0.0.22')];
    expect(contactsOf(twice, { app: 'kvstore', group: 2 }, OWN)).toMatch('2 pods');
  });

  test('contactsOf() leaves out who is about to end', () => {
    const ending = { ...pod('kvstore-leader-2', '10.0.0.22'), isEnding: true };
    const found = contactsOf([...pods, ending], { app: 'kvstore', group: 2 }, OWN);
    expect(found).toHaveLength(2);
  });

  test('contactsOf() of a cluster without groups', () => {
    const single = [pod('r3-kvstore-leader', '10.0.0.1'), pod('r3-kvstore', '10.0.0.2')];
    const own = { ...OWN, name: 'kvstore-follower-66874-abcde' };
    const wanted = serverIn('kvstore', own);
    expect(wanted).toEqual({ app: 'kvstore', group: null, isLeader: false });
    expect(contactsOf(single, wanted, own)).toHaveLength(2);
  });
});

describe('targetsOf()', () => {
  const own = { ...OWN, name: 'loadgen-kv-1-x', ip: '10.0.0.8' };
  const wanted = { app: 'kvstore', group: 1 };
  const pods = [
    pod('kvstore-leader-1', '10.0.0.1'),
    pod('kvstore-follower-1', '10.0.0.2'),
    pod('kvstore-leader-10', '10.0.0.3'),
    pod('diskstorage-leader-1', '10.0.0.4'),
    pod('r3-logger-1', '10.0.0.5'),
    pod('loadgen-kv-1', '10.0.0.8', own.name),
    pod('loadgen-kv-1', '10.0.0.7', 'loadgen-kv-1-y'),
  ];

  test('targetsOf() is its own group: not itself, no loggers, no other load generators', () => {
    expect(loadIn(own)).toEqual(wanted);
    const found = targetsOf(pods, wanted, own);
    expect(Array.isArray(found) && found.map(({ ip }) => ip)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  test('targetsOf() waits until all of them have an address', () => {
    const more = [...pods, pod('kvstore-follower-1', null, 'late')];
    expect(targetsOf(more, wanted, own)).toBe('late has no address yet');
  });

  test('loadIn() says when a name tells nothing', () => {
    expect(loadIn({ ...own, name: 'loadgen-x' })).toMatch('does not tell what it loads');
  });
});

describe('leadersOf()', () => {
  test('leadersOf() is every leader, of every app, in one order', () => {
    const pods = [
      pod('kvstore-leader-2', '10.0.0.2'),
      pod('kvstore-leader-1', '10.0.0.1'),
      pod('kvstore-follower-1', '10.0.0.4'),
      pod('diskstorage-leader', '10.0.0.3'),
    ];
    const found = leadersOf(pods);
    expect(typeof found === 'string' ? found : found.map(({ ip }) => ip)).toEqual([
      ...['10.0.0.3', '10.0.0.1', '10.0.0.2'],
    ]);
    expect(leadersOf([])).toMatch('no pod');
    expect(leadersOf([...pods, pod('kvstore-leader-3', null)])).toMatch('no address yet');
    expect(leadersOf([...pods, pod('kvstore-leader-1', '10.0.0.9', 'b')])).toMatch('two pods');
  });
});
