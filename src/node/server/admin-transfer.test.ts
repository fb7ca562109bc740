import { afterEach, describe, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin, SECRET_HEX } from '../../../test/doubles/admin-replica.ts';
import type { AdminServer } from './admin.ts';
import type { NamedTransfer } from './admin-contract.ts';

const servers: AdminServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function transferOn(
  replica: FakeAdminReplica,
  query = '',
  secret = SECRET_HEX,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const server = await openAdmin([replica]);
  servers.push(server);
  const response = await fetch(`http://${server.address}/v1/leader/transfer${query}`, {
    method: 'POST',
    headers: { 'x-raftctl-secret': secret },
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

function ending(
  outcome: NamedTransfer['outcome'],
  reason: NamedTransfer['reason'],
  to = 'n2',
): NamedTransfer {
  return { outcome, reason, to, durationMs: 4 };
}

describe('answerWithTransfer', () => {
  test('answerWithTransfer asks for whom it was told and says who leads', async () => {
    const replica = new FakeAdminReplica({ term: 8 });
    const named = await transferOn(replica, '?target=n2');
    expect(named).toEqual({
      status: 200,
      json: {
        schema: 'raftctl/leader.transfer/v1',
        data: { from: 'n1', to: 'n2', term: 8, durationMs: 4 },
      },
    });
    await transferOn(replica);
    expect(replica.transfers).toEqual(['n2', null]);
  });

  test('answerWithTransfer does nothing for who does not know the secret', async () => {
    const replica = new FakeAdminReplica();
    const { status } = await transferOn(replica, '', 'f'.repeat(64));
    expect([status, replica.transfers]).toEqual([401, []]);
  });

  test('answerWithTransfer takes it for done when the target leads already', async () => {
    const replica = new FakeAdminReplica();
    replica.transferEnding = ending('refused', 'alreadyLeads', 'n1');
    const { status, json } = await transferOn(replica, '?target=n1');
    expect([status, json['data']]).toMatchObject([200, { from: 'n1', to: 'n1' }]);
  });

  test.each([
    [ending('refused', 'notMember', 'n9'), 404, 'NODE_NOT_FOUND', 'no such member'],
    [ending('refused', 'notVoter'), 409, 'TRANSFER_REFUSED', 'a learner'],
    [ending('refused', 'notConnected'), 409, 'TRANSFER_REFUSED', 'cannot reach'],
    [ending('refused', 'needsSnapshot'), 409, 'TRANSFER_REFUSED', 'snapshot'],
    [ending('refused', 'transferring'), 409, 'TRANSFER_REFUSED', 'another member just now'],
    [ending('refused', 'noTarget', ''), 409, 'TRANSFER_REFUSED', 'to anybody'],
    [ending('refused', 'stopping'), 409, 'TRANSFER_FAILED', 'shutting down'],
    [ending('failed', 'targetLost'), 409, 'TRANSFER_FAILED', 'lost it'],
    [ending('failed', 'anotherLeader'), 409, 'TRANSFER_FAILED', 'was elected'],
    [ending('timeout', 'timeout'), 504, 'WAIT_TIMEOUT', 'did not take over'],
  ] as const)('answerWithTransfer refuses %o', async (ended, status, code, words) => {
    const replica = new FakeAdminReplica();
    replica.transferEnding = ended;
    const answer = await transferOn(replica);
    expect([answer.status, answer.json['error']]).toMatchObject([status, { code }]);
    expect((answer.json['error'] as { message: string }).message).toContain(words);
  });

  test('answerWithTransfer names who leads when this node does not', async () => {
    const replica = new FakeAdminReplica({ leader: 'n3' });
    replica.transferEnding = ending('refused', 'notLeader');
    const other = await transferOn(replica);
    expect([other.status, other.json['error']]).toMatchObject([
      409,
      { code: 'NOT_LEADER', message: expect.stringContaining('n3 does') },
    ]);
    replica.currentStatus = { ...replica.currentStatus, leader: null };
    const nobody = await transferOn(replica);
    expect([nobody.status, nobody.json['error']]).toMatchObject([503, { code: 'NO_LEADER' }]);
  });
});
