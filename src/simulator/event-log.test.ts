import { describe, expect, test } from 'vitest';
import { EventLog } from './event-log.ts';

describe('EventLog', () => {
  test('EventLog puts messages and happenings into words, oldest first', () => {
    const log = new EventLog();
    log.note(1.5, { type: 'vote', from: 1, to: 2, term: 3, lastIndex: 4, lastTerm: 2 });
    log.note(2, { what: 'role.changed', member: 2, data: { to: 'leader' } });
    expect(log.lines()).toEqual([
      '      1.500 ms  n1 -> n2  vote: term 3, lastIndex 4, lastTerm 2',
      '      2.000 ms  n2  role.changed {"to":"leader"}',
    ]);
  });

  test('EventLog keeps the newest', () => {
    const log = new EventLog();
    for (let at = 0; at < 1000; at += 1) log.note(at, { what: `${at}`, member: 0, data: null });
    const lines = log.lines();
    expect(lines).toHaveLength(256);
    expect(lines.at(-1)).toContain('999');
    expect(lines[0]).toContain('744');
  });
});
