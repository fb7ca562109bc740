import { expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import { formatLogLine, timeOfLine } from './log-line.ts';

const STYLE = { id: 'n1', slot: 0, width: 3, paint: PLAIN };

test('formatLogLine() turns JSON into clock, level, text and the other fields', () => {
  const time = new Date(2026, 0, 1, 12, 3, 58, 7).getTime();
  const line = JSON.stringify({
    level: 40,
    time,
    pid: 7,
    msg: 'lag',
    peer: 'n2',
    why: 'a b',
    x: null,
  });
  expect(formatLogLine(line, STYLE)).toBe('n1  │ 12:03:58.007 WARN  lag peer=n2 why="a b"');
});

test('formatLogLine() shows what is not JSON as it is', () => {
  expect(formatLogLine('Segmentation fault', STYLE)).toBe('n1  │ Segmentation fault');
  expect(formatLogLine('{broken', STYLE)).toBe('n1  │ {broken');
});

test('timeOfLine() finds the time stamp', () => {
  expect(timeOfLine('{"level":30,"time":1234,"msg":"x"}')).toBe(1234);
  expect(timeOfLine('{"time":"1970-01-01T00:00:01.234Z","msg":"x"}')).toBe(1234);
  expect(timeOfLine('{"time":"noon"}')).toBeNull();
  expect(timeOfLine('no time')).toBeNull();
  // As etcd writes it.
  expect(timeOfLine('{"level":"info","ts":"1970-01-01T00:00:01.234Z"}')).toBe(1234);
  expect(timeOfLine('{"level":"info","ts":"1970-01-01T00:00:01.234+0000"}')).toBe(1234);
});
