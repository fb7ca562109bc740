import { expect, it } from 'vitest';
import { SILENT_LOG } from '../std/log.ts';
import { tellingLog } from './event-log.ts';

it('tellingLog() passes events on and names the disk that is full', () => {
  const emitted: string[] = [];
  const said: string[] = [];
  const log = { ...SILENT_LOG, error: (_: unknown, text: string) => void said.push(text) };
  const emit = tellingLog((type) => void emitted.push(type), log, '/data/n1');
  emit('disk.full', 3, { freeBytes: 0 });
  emit('commit.advanced', 3, { commitIndex: 7, chainHash: '' });
  expect(emitted).toEqual(['disk.full', 'commit.advanced']);
  expect(said).toEqual(['takes no more writes as the disk is full: 0 B free at /data/n1']);
});
