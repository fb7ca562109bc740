import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LAST_EVENTS_NAME, type NodeEvent } from '../../wire/events.ts';
import { SystemClock } from '../io/system-clock.ts';
import { EventRing } from '../replica/event-ring.ts';
import { keepLastEvents } from './last-events.ts';

function ringOf(count: number): EventRing {
  const ring = new EventRing(
    { clock: new SystemClock() },
    { cluster: 'demo', node: 'n1', incarnation: 'abc' },
  );
  for (let i = 0; i < count; i += 1) ring.append('peer.connected', 1, { peer: 'n2' });
  return ring;
}

test('keepLastEvents keeps the newest events, for the owner only, and the last life only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raftctl-last-'));
  try {
    await keepLastEvents(directory, ringOf(3));
    const ring = ringOf(1000);
    ring.append('node.stopping', 1, { reason: 'SIGTERM' });
    await keepLastEvents(directory, ring);
    const path = join(directory, LAST_EVENTS_NAME);
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as NodeEvent);
    expect(events).toHaveLength(512);
    expect(events.at(-1)).toMatchObject({ seq: 1001, type: 'node.stopping' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('keepLastEvents does not mind a directory that is gone', async () => {
  await expect(keepLastEvents('/nowhere/at/all', ringOf(1))).resolves.toBeUndefined();
});
