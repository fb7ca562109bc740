import { expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import type { RecoveryPlan } from '../wire/recovery.ts';
import { recoveryLines } from './recover-view.ts';
import { NO_WISH, planCluster } from './topology.ts';

const END = { term: 7, lastIndex: 1234, lastTerm: 6 };
const ADDRESS = '127.0.0.1:13002';
const PLAN: RecoveryPlan = {
  ...{ source: 'n1', lastIndex: 1234, lastTerm: 6, lastWriteMs: Date.UTC(2026, 0, 2) },
  ...{ term: 8, index: 1235, votersBefore: 3, votersAfter: 1 },
  survivors: [{ id: 'n1', member: 1, ...END, voter: true }],
  lost: [2, 3].map((n) => ({ id: `n${n}`, member: n, voter: true, adminAddress: ADDRESS })),
  mayLose: true,
};

function text(plan: RecoveryPlan, fsync: 'always' | 'none' = 'always'): string {
  const spec = planCluster({
    ...{ name: 'demo', clusterId: '00'.repeat(16), createdAt: '2026-01-01T00:00:00.000Z' },
    ...{ ephemeral: false, wish: { ...NO_WISH, fsync }, dataDirOf: (id) => `/data/${id}` },
  });
  const unusable = [{ id: 'n2', reason: 'its log is gone' }];
  return recoveryLines(spec, { plan, unusable }, PLAIN).join('\n');
}

test('recoveryLines() says who is left, what is kept and what may be lost', () => {
  const said = text(PLAN);
  expect(said).toContain('demo has lost its majority: 1 of 3 voters left, 2 needed');
  expect(said).toContain('n2: its log is gone');
  expect(said).toContain('up to 1,234, written at 2026-01-02T00:00:00.000Z');
  expect(said).toContain('May be lost: every write after that which was acknowledged by n2, n3');
  expect(said).toContain('Afterwards: 1 voter, quorum 1, tolerance 0');
  expect(said).not.toContain('WEAK');
});

test('recoveryLines() promises no more than the plan and the fsync mode do', () => {
  const said = text({ ...PLAN, mayLose: false, lastWriteMs: null }, 'none');
  expect(said).toContain('Lost: nothing that was acknowledged');
  expect(said).not.toContain('May be lost');
  expect(said).not.toContain('written at');
  expect(said).toContain('WEAK: acknowledged writes are never synced');
});
