import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { clockOffsetMs, type HostFacts, judgeHost, preflightScript } from './preflight.ts';

const folder = mkdtempSync(join(tmpdir(), 'raftctl-preflight-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ASKED = { sentMs: 1_000_000, receivedMs: 1_000_400 };
const FIT: HostFacts = {
  version: 'v20.19.0',
  directory: '/home/raft/.raftctl',
  directoryError: null,
  freeBytes: 50e9,
  hasTar: true,
  nowMs: 1_000_200,
  ports: {},
};

test('judgeHost() has nothing against a machine that fits', () => {
  expect(judgeHost(FIT, ASKED)).toEqual({ problems: [], notes: [] });
  expect(judgeHost({ ...FIT, version: 'v24.1.0' }, ASKED).problems).toEqual([]);
});

test.each([
  [{ version: 'v20.18.9' }, /its Node is v20\.18\.9, and must be 20\.19 or newer/],
  [{ version: 'v8.0.0' }, /must be 20\.19/],
  [{ hasTar: false }, /no tar/],
  [{ directoryError: 'EACCES' }, /cannot be written to \(EACCES\)/],
  [{ freeBytes: 1e8 }, /95\.4 MiB free, and needs 1\.00 GiB|free, and needs/],
  [{ ports: { '10.0.0.1:11000': 'EADDRINUSE' } }, /10\.0\.0\.1:11000 is in use there/],
  [{ ports: { '10.0.0.1:11000': 'EADDRNOTAVAIL' } }, /is no address of it/],
  [{ ports: { '10.0.0.1:80': 'EACCES' } }, /cannot be bound there \(EACCES\)/],
  [{ nowMs: 1_090_400 }, /its clock is 90\.0 s ahead: set it/],
  [{ nowMs: 900_000 }, /its clock is 100\.0 s behind/],
] as const)('judgeHost() %j is a problem', (more, says) => {
  const { problems } = judgeHost({ ...FIT, ...more }, ASKED);
  expect(problems).toEqual([expect.stringMatching(says)]);
});

const SYSTEMD = {
  manager: 'user',
  user: 'raft',
  trouble: null,
  lingers: true,
  isRoot: false,
} as const;

test.each([
  [
    { trouble: 'Failed to connect to bus: No medium found' },
    /No medium found\): leave --systemd out/,
  ],
  [{ trouble: 'x', isRoot: true }, /\(x\): --systemd system, or leave --systemd out/],
  [{ lingers: false }, /ends with the last login: once, there: loginctl enable-linger raft/],
  [{ manager: 'system', lingers: null }, /raft may not write units.*--systemd user/],
] as const)('judgeHost() refuses a systemd that is %j', (more, says) => {
  const { problems } = judgeHost({ ...FIT, systemd: { ...SYSTEMD, ...more } }, ASKED);
  expect(problems).toEqual([expect.stringMatching(says)]);
  expect(judgeHost({ ...FIT, systemd: SYSTEMD }, ASKED).problems).toEqual([]);
});

test('preflightScript() asks systemd only where nodes are to be units', () => {
  const look = (units: 'user' | null): HostFacts => {
    const wish = { directory: folder, addresses: [], ...(units !== null && { units }) };
    const env = { PATH: folder };
    const { stdout } = spawnSync(process.execPath, ['-'], { input: preflightScript(wish), env });
    return JSON.parse(stdout.toString()) as HostFacts;
  };
  expect(look(null).systemd).toBeUndefined();
  expect(look('user').systemd).toMatchObject({
    ...{ manager: 'user', trouble: 'there is no program systemctl', lingers: false },
  });
});

test('judgeHost() notes a clock that is a little off, as far as that is certain', () => {
  expect(judgeHost({ ...FIT, nowMs: 1_005_400 }, ASKED)).toEqual({
    problems: [],
    notes: ['its clock is 5.0 s ahead'],
  });
  expect(
    [1_000_000, 1_000_400, 1_000_401, 999_999].map((now) => clockOffsetMs(now, ASKED)),
  ).toEqual([0, 0, 1, -1]);
});

test('preflightScript() finds a port that is held, an address of somebody else, and the folder', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const held = holder.address();
  const taken = `127.0.0.1:${typeof held === 'object' ? held?.port : 0}`;
  const foreign = '198.51.100.7:11000';
  const script = preflightScript({
    directory: join(folder, "it's"),
    addresses: [taken, foreign, '127.0.0.1:0'],
  });
  const { stdout } = spawnSync(process.execPath, ['-'], { input: script });
  holder.close();
  const facts = JSON.parse(stdout.toString()) as HostFacts;
  expect(facts).toMatchObject({
    ...{
      version: process.version,
      directory: join(folder, "it's"),
      directoryError: null,
      hasTar: true,
    },
    ports: { [taken]: 'EADDRINUSE', [foreign]: 'EADDRNOTAVAIL' },
  });
  expect(Object.keys(facts.ports)).toHaveLength(2);
  expect(facts.freeBytes).toBeGreaterThan(0);
  expect(Math.abs(facts.nowMs - Date.now())).toBeLessThan(60_000);
});
