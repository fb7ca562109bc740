import { describe, expect, it } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import { Deadlines } from './deadlines.ts';

function machineWith(deadline: { ms: number | null }): StateMachine {
  return {
    app: 'test',
    apply: () => null,
    query: () => null,
    digest: () => '',
    snapshot: () => ({ next: () => null, close: () => {} }),
    restore: () => ({ take: () => {}, finish: () => true }),
    nextDeadlineMs: () => deadline.ms,
    timeCommand: bytesFrom('time'),
  };
}

describe('Deadlines', () => {
  it('proposes nothing before something is due, and one command at a time', () => {
    const deadline: { ms: number | null } = { ms: null };
    const deadlines = new Deadlines(machineWith(deadline));
    expect(deadlines.due(0, 1000)).toBeNull();
    deadline.ms = 1001;
    expect(deadlines.due(0, 1000)).toBeNull();
    expect(deadlines.due(1, 1001)?.toString()).toBe('time');
    expect(deadlines.due(500, 1500)).toBeNull();
    deadlines.settle('unknown');
    expect(deadlines.due(501, 1501)).not.toBeNull();
  });

  it('waits 100 ms for what became due meanwhile, but not for what was left over', () => {
    const deadline = { ms: 1000 };
    const deadlines = new Deadlines(machineWith(deadline));
    expect(deadlines.due(0, 1000)).not.toBeNull();
    deadlines.settle('ok');
    expect(deadlines.due(10, 1010)).not.toBeNull();
    deadlines.settle('ok');
    deadline.ms = 1015;
    expect(deadlines.due(20, 1020)).toBeNull();
    expect(deadlines.due(109, 1109)).toBeNull();
    expect(deadlines.due(110, 1110)).not.toBeNull();
  });
});
