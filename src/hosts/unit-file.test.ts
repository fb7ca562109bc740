import { expect, test } from 'vitest';
import { type UnitWish, unitFolder, unitName, unitText, unitWord } from './unit-file.ts';

const WISH: UnitWish = {
  ...{ manager: 'system', cluster: 'wide', id: 'n1', node: '/opt/node/bin/node' },
  entry: '/srv/raftctl/programs/raftctl-1/bin/run.js',
  dataDir: '/srv/50% off/clusters/wide/n1',
  logFile: '/srv/50% off/clusters/wide/n1.log',
};

test('unitText() is a unit that starts the node again unless only people can mend it', () => {
  expect(
    unitText(WISH),
  ).toBe(`# Written by raftctl cluster up; it goes again with cluster down and cluster destroy.
[Unit]
Description=raftctl node n1 of cluster wide
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/opt/node/bin/node /srv/raftctl/programs/raftctl-1/bin/run.js node start --data-dir "/srv/50%% off/clusters/wide/n1"
StandardOutput=append:/srv/50%% off/clusters/wide/n1.log
StandardError=append:/srv/50%% off/clusters/wide/n1.log
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2 7 9 11 12 13
KillMode=mixed
TimeoutStopSec=10
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`);
});

test("unitText() of a user's systemd waits for no network, which that does not know", () => {
  const text = unitText({ ...WISH, manager: 'user' });
  expect(text).not.toContain('network-online');
  expect(text).toContain('WantedBy=default.target');
});

test.each([
  ['/a/b-1.js', '/a/b-1.js'],
  ['/a b', '"/a b"'],
  ['/$HOME', '/$$HOME'],
  ['/a"b\\c', '"/a\\"b\\\\c"'],
  ["/it's", '"/it\'s"'],
])('unitWord() keeps systemd from reading anything into %s', (word, said) => {
  expect(unitWord(word)).toBe(said);
});

test('units lie where that systemd looks, by names of cluster and node', () => {
  expect(unitFolder('system', '/home/raft/.config')).toBe('/etc/systemd/system');
  expect(unitFolder('user', '/home/raft/.config')).toBe('/home/raft/.config/systemd/user');
  expect(unitName({ cluster: 'wide', id: 'n1' })).toBe('raftctl-wide-n1.service');
});
