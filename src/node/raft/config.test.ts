import { expect, test } from 'vitest';
import { NODE_CONFIG_DEFAULTS } from '../../wire/node-config.ts';
import { RAFT_CONFIG_DEFAULT, timersOf } from './config.ts';

test('RAFT_CONFIG_DEFAULT has the timeouts that a new node has', () => {
  expect(RAFT_CONFIG_DEFAULT).toMatchObject(
    timersOf(NODE_CONFIG_DEFAULTS, RAFT_CONFIG_DEFAULT.tickMs),
  );
  const { tickMs, electionTimeoutTicksMin, heartbeatTicks } = RAFT_CONFIG_DEFAULT;
  expect([electionTimeoutTicksMin * tickMs, heartbeatTicks * tickMs]).toEqual([500, 100]);
});

test('timersOf() never makes an election timeout shorter, nor a heartbeat nothing', () => {
  const timeouts = { electionTimeoutMsMin: 41, electionTimeoutMsMax: 99, heartbeatMs: 5 };
  expect(timersOf(timeouts, 20)).toEqual({
    electionTimeoutTicksMin: 3,
    electionTimeoutTicksMax: 5,
    heartbeatTicks: 1,
  });
});
