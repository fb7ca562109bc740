import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFollower } from './log-follower.ts';
import { mergedTail } from './log-tail.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raftctl-test-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test('LogFollower reads whole lines only, by time across files', async () => {
  const [a, b] = [join(directory, 'a'), join(directory, 'b')];
  const lines: string[] = [];
  const files = [
    { id: 'a', path: a, offset: 0 },
    { id: 'b', path: b, offset: 0 },
  ];
  const follower = new LogFollower(files, (id, line) => lines.push(`${id} ${line}`));
  await follower.drain(); // Nothing there yet.
  await writeFile(a, '{"time":2}\n{"time":');
  await writeFile(b, '{"time":1}\nä, of the same moment\n{"time":3}\n');
  await follower.drain();
  expect(lines.splice(0)).toEqual([
    'b {"time":1}',
    'b ä, of the same moment',
    'a {"time":2}',
    'b {"time":3}',
  ]);
  await appendFile(a, '4}\n');
  await follower.drain();
  expect(lines).toEqual(['a {"time":4}']);
});

test('mergedTail() gives the last lines by time and where to go on', async () => {
  const [a, b] = [join(directory, 'a'), join(directory, 'b')];
  await writeFile(a, '{"time":1}\n{"time":4}\n{"ti');
  await writeFile(b, '{"time":2}\n{"time":3}\n');
  const files = [
    { id: 'a', path: a },
    { id: 'b', path: b },
  ];
  const tail = await mergedTail(files, 1);
  expect(tail.lines).toEqual([
    { id: 'b', line: '{"time":3}' },
    { id: 'a', line: '{"time":4}' },
  ]);
  expect(tail.ends.map((end) => end.offset)).toEqual([22, 22]);
});
