import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { clustersDirectory } from './directories.ts';

test('clustersDirectory() follows XDG_DATA_HOME when it is absolute', () => {
  expect(clustersDirectory({ XDG_DATA_HOME: '/data' })).toBe('/data/raftctl/clusters');
  const fallback = `${homedir()}/.local/share/raftctl/clusters`;
  expect(clustersDirectory({ XDG_DATA_HOME: 'relative' })).toBe(fallback);
  expect(clustersDirectory({})).toBe(fallback);
});
