/** What becomes of a new cluster on other machines when it is given up. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClusterStore } from '../cluster/store.ts';
import { NO_WISH } from '../cluster/topology.ts';
import { createElsewhere, type FarCreateInit } from './far-create.ts';
import type { SshConnections } from './ssh.ts';

const HOSTS = ['alpha', 'beta'].map((ssh, i) => {
  const address = `127.0.0.${i + 2}`;
  return { ssh, address, sshConfig: null, directory: '/x', node: 'node' };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-far-create-'));
  for (const name of ['here', 'root/bin', 'root/dist', 'root/profiles']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'root/package.json'), '{"name":"raftctl","version":"1.2.3"}');
  writeFileSync(join(folder, 'root/oclif.manifest.json'), '{}');
  writeFileSync(join(folder, 'state.snap'), 'a state');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Ctrl-C comes while a machine does what is called so. @returns what all were asked for. */
async function interruptedAt(step: string) {
  const asked: string[] = [];
  const stop = new AbortController();
  const facts = {
    ...{ version: 'v20.19.0', directory: '/x', directoryError: null, freeBytes: 1e12 },
    ...{ hasTar: true, ports: {} },
  };
  const run = (host: { readonly ssh: string }, words: readonly string[], init: object) => {
    const input = 'input' in init ? String(init.input) : '';
    const isHand = words[1]?.endsWith('hand-main.js') === true;
    const isFile = words[0] === 'sh' && words.some((word) => word.endsWith('.snap'));
    const verb = isHand ? (JSON.parse(input) as { verb: string }).verb : isFile ? 'put' : 'look';
    asked.push(`${host.ssh} ${verb}`);
    if (asked.at(-1) === step) stop.abort();
    const said = isHand ? { answer: [] } : { ...facts, nowMs: Date.now() };
    return Promise.resolve({ code: 0, stdout: JSON.stringify(said), stderr: '' });
  };
  const store = new ClusterStore(join(folder, 'here'));
  const init: FarCreateInit = {
    ...{ store, name: 'wide', wish: NO_WISH, units: null, root: join(folder, 'root') },
    ...{ say: () => {}, signal: stop.signal, snapshot: join(folder, 'state.snap') },
  };
  const making = createElsewhere(init, { run } as unknown as SshConnections, HOSTS);
  const outcome = await making.then(
    () => 'made',
    (error: { readonly code: string }) => error.code,
  );
  return { asked, outcome, left: readdirSync(join(folder, 'here')) };
}

test('createElsewhere() takes everything away again when Ctrl-C comes while nodes are made', async () => {
  const { asked, outcome, left } = await interruptedAt('beta make');
  expect([outcome, left]).toEqual(['INTERRUPTED', []]);
  expect(asked.slice(-2).sort()).toEqual(['alpha destroy', 'beta destroy']);
});

test('createElsewhere() makes no node once Ctrl-C has come', async () => {
  const { asked, outcome } = await interruptedAt('alpha put');
  expect(outcome).toBe('INTERRUPTED');
  expect(asked).not.toContain('alpha make');
});

test('createElsewhere() makes the cluster when nobody gives up', async () => {
  const { asked, outcome, left } = await interruptedAt('never');
  expect([outcome, left]).toEqual(['made', ['wide']]);
  expect(asked).toEqual(expect.arrayContaining(['alpha make', 'beta make']));
});
