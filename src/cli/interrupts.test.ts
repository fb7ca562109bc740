import { expect, test } from 'vitest';
import { OUTPUT_CLOSED } from './error-report.ts';
import { Interrupts, stoppable } from './interrupts.ts';

test('Interrupts hears of a reader that left, and not of connections that break', () => {
  const before = process.listenerCount('SIGPIPE');
  const said: string[] = [];
  const interrupts = new Interrupts(() => said.push('stopping'));
  try {
    expect(process.listenerCount('SIGPIPE')).toBe(before);
    process.emit(OUTPUT_CLOSED as 'SIGPIPE', OUTPUT_CLOSED as 'SIGPIPE');
    expect(interrupts.signal.aborted).toBe(true);
    expect(interrupts.exitCode).toBe(0);
    expect(said).toEqual(['stopping']);
  } finally {
    interrupts.release();
  }
  expect(process.listenerCount(OUTPUT_CLOSED)).toBe(0);
});

test('stoppable() tells the first signal from the second', async () => {
  const said: string[] = [];
  const work = (signal: AbortSignal): Promise<boolean> => {
    process.emit('SIGINT', 'SIGINT');
    said.push(`aborted ${signal.aborted}`);
    process.emit('SIGINT', 'SIGINT');
    return Promise.resolve(true);
  };
  const [first, second] = [() => said.push('first'), () => said.push('second')];
  expect(
    await stoppable(
      () => void first(),
      work,
      () => void second(),
    ),
  ).toBe(true);
  expect(said).toEqual(['first', 'aborted true', 'second']);
});
