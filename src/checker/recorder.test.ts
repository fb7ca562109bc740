import { describe, expect, it } from 'vitest';
import { AssertionError } from '../std/assert.ts';
import { HistoryRecorder } from './recorder.ts';

function clocked(): HistoryRecorder {
  let now = 0;
  return new HistoryRecorder({ nowUs: () => ++now });
}

describe('HistoryRecorder', () => {
  it('keeps what happened, with its answer', () => {
    const recorder = clocked();
    const write = recorder.begin('a', 'x', { kind: 'put', value: '1' });
    const read = recorder.begin('b', 'x', { kind: 'get', result: undefined });
    read.ok({ kind: 'get', result: '1' });
    write.ok({ kind: 'put', value: '1' });
    expect(recorder.history).toMatchObject([
      { client: 'a', action: { kind: 'put' }, calledAt: 1, returnedAt: 4 },
      { client: 'b', action: { result: '1' }, calledAt: 2, returnedAt: 3 },
    ]);
  });

  it('forgets what certainly did not happen', () => {
    const recorder = clocked();
    recorder.begin('a', 'x', { kind: 'put', value: '1' }).fail();
    expect(recorder.history).toEqual([]);
  });

  it('keeps what nobody knows without an end, and renames its client from then on', () => {
    const recorder = clocked();
    recorder.begin('a', 'x', { kind: 'put', value: '1' }).unknown();
    recorder.begin('a', 'x', { kind: 'put', value: '2' }).unknown();
    recorder.begin('a', 'x', { kind: 'put', value: '3' });
    const { history } = recorder;
    expect(history.map(({ client }) => client)).toEqual(['a', 'a.1', 'a.2']);
    expect(history.every(({ returnedAt }) => returnedAt === Number.POSITIVE_INFINITY)).toBe(true);
  });

  it('does not take two ends, nor the answer of something else', () => {
    const recorder = clocked();
    const write = recorder.begin('a', 'x', { kind: 'put', value: '1' });
    write.fail();
    expect(() => write.unknown()).toThrow(AssertionError);
    const other = recorder.begin('a', 'x', { kind: 'put', value: '1' });
    expect(() => other.ok({ kind: 'get', result: '1' })).toThrow(AssertionError);
  });
});
