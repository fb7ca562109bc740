import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { placed } from './far-create.ts';
import { putEverywhere } from './machines.ts';
import type { SshConnections } from './ssh.ts';

const ID = 'raftctl-1.2.3-0123456789ab';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-machines-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A machine that is this one. */
const connections = {
  run: (_host: unknown, [file = '', ...args]: readonly string[]) =>
    new Promise((resolve) => {
      execFile(file, args, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : 1, stdout, stderr }),
      );
    }),
} as unknown as SshConnections;

test('putEverywhere() makes a program that is there young again, so that nobody tidies it', async () => {
  const program = join(folder, 'programs', ID);
  mkdirSync(join(program, 'bin'), { recursive: true });
  writeFileSync(join(program, 'bin/run.js'), '');
  const longAgoS = Date.now() / 1000 - 9000;
  utimesSync(program, longAgoS, longAgoS);
  const host = { ssh: 'alpha', address: '127.0.0.2', sshConfig: null };
  const { nodes } = planCluster({
    ...{ name: 'wide', clusterId: 'c'.repeat(32), createdAt: '2026-03-01T12:00:00.000Z' },
    wish: placed(NO_WISH, [{ ...host, directory: folder, node: 'node' }]),
    ...{ ephemeral: false, dataDirOf: () => folder },
  });
  const there = nodes.map((node) => {
    return node.host === undefined ? node : { ...node, host: { ...node.host, program } };
  });
  const told: string[] = [];
  const archive = () => Promise.reject(new Error('it is there already'));
  await putEverywhere(connections, there, { id: ID, archive }, (line) => told.push(line));
  expect(told).toEqual([]);
  expect(Date.now() - statSync(program).mtimeMs).toBeLessThan(60_000);
});
