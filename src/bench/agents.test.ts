import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { TlsFolder } from '../cluster/tls-folder.ts';
import { AgentLink } from './agent-link.ts';
import { agentRow } from './agent-row.ts';
import { AgentServer } from './agent-server.ts';
import { isSameProof, lineOf, proofOf, revivedPart } from './agent-wire.ts';
import { Tally, WRITE } from './tally.ts';
import { Totals } from './totals.ts';

const TOKEN = 'a token of both sides';
const NS_PER_MS = 1e6;
const open: AgentServer[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent.close();
});

async function agent(said: string[] = [], identity: string | null = null): Promise<AgentServer> {
  const made = await AgentServer.open({
    ...{ address: '127.0.0.1:0', token: TOKEN, identity, program: '1.2.3' },
    say: (line) => said.push(line),
  });
  open.push(made);
  return made;
}

const link = (address: string, more: { token?: string; program?: string; ca?: string } = {}) =>
  AgentLink.open({ address, token: TOKEN, ca: null, program: '1.2.3', ...more });

test('an agent is met by who knows its token, and nobody else', async () => {
  const said: string[] = [];
  const { address } = await agent(said);
  await expect(link(address, { token: 'another one of some length' })).rejects.toMatchObject({
    ...{ code: 'UNAUTHORIZED', message: expect.stringContaining(address) },
  });
  expect(said.join()).toContain('was refused: it has another token');
  await expect(link(address, { program: '1.2.4' })).rejects.toMatchObject({
    ...{ code: 'FORMAT_UNSUPPORTED', message: expect.stringContaining('1.2.3, this is 1.2.4') },
  });
  const met = await link(address);
  expect(met.host).not.toBe('');
  // It is the same clock, but for how long the question takes.
  const nowNs = process.hrtime.bigint();
  const apartMs = Math.abs(Number(met.timeThere(nowNs) - nowNs)) / NS_PER_MS;
  expect(apartMs).toBeLessThanOrEqual(met.clockErrorMs + 0.001);
  await expect(link(address)).rejects.toMatchObject({
    ...{ code: 'UNREACHABLE', message: expect.stringContaining('another bench does') },
  });
  met.close();
  await expect
    .poll(() =>
      link(address).then(
        (again) => again.close(),
        () => 'busy',
      ),
    )
    .toBeUndefined();
});

test('an agent with a certificate is met by who trusts its authority, and by nobody plainly', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-agent-keys-'));
  try {
    await new TlsFolder(folder).make('agents', [{ id: 'a1', hosts: [] }], 1);
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const { address } = await agent([], read('member-a1.pem'));
    const met = await link(address, { ca: read('ca.pem') });
    met.close();
    await expect(link(address)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await new TlsFolder(join(folder, 'other')).make('others', [], 1);
    await expect(link(address, { ca: read('other/ca.pem') })).rejects.toMatchObject({
      ...{ code: 'UNREACHABLE', message: expect.stringMatching(/certificate|signature/i) },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a proof is good for one pair of numbers, one side and one token', () => {
  const numbers = { bench: 'b', agent: 'a' };
  const proof = proofOf(TOKEN, 'bench', numbers);
  expect(isSameProof(proof, proofOf(TOKEN, 'bench', { ...numbers }))).toBe(true);
  for (const other of [
    proofOf(TOKEN, 'agent', numbers),
    proofOf(`${TOKEN}.`, 'bench', numbers),
    proofOf(TOKEN, 'bench', { bench: 'a', agent: 'b' }),
    '',
  ]) {
    expect(isSameProof(proof, other)).toBe(false);
  }
});

function counted(): Tally {
  const tally = new Tally();
  for (let i = 1; i <= 1000; i += 1) {
    tally.answer(i * NS_PER_MS);
    tally.raw[WRITE].record(i * 1234);
    tally.corrected[WRITE].record(i * 2345);
    tally.lateness.record(i * 100);
  }
  tally.fail('timeout', NS_PER_MS);
  return tally;
}

test('what an agent counted comes through a line without loss, bucket for bucket', () => {
  const tally = counted().take();
  const line = lineOf({ kind: 'part', part: { tally, atMs: 12.5 } });
  const { part } = JSON.parse(line) as { part: Parameters<typeof revivedPart>[0] };
  expect(revivedPart(part)).toEqual({ tally, atMs: 12.5 });
});

test('agentRow() names who was too late by what it measured itself', () => {
  const totals = new Totals(true);
  totals.add(counted().take());
  const facts = {
    ...{ address: 'a:1', host: 'a', clockErrorMs: 0.1234, totals, processorUs: 5, trouble: null },
    ends: [{ openByTarget: [1], busyShare: 0.25, writes: [] }],
  };
  expect(agentRow(facts, true, 0.1)).toMatchObject({
    ...{ workers: 1, answered: 1000, failed: 1, busyShare: 0.25, clockErrorMs: 0.123 },
    trouble: null,
  });
  const { trouble } = agentRow(facts, true, 0.01);
  expect(trouble).toMatch(
    /^was too late: p99 of its lateness is 0\.10 ms, over a tenth of the 2\.3/,
  );
  expect(agentRow(facts, false, 0.01)).toMatchObject({ trouble: null, lateness: null });
  const lost = { ...facts, ends: [], trouble: 'was lost: its connection ended' };
  expect(agentRow(lost, true, 0.1).trouble).toBe('was lost: its connection ended');
});
