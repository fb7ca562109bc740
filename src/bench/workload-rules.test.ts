import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadWorkloadProfile } from '../config/profile.ts';
import { resolveWorkload } from './workload.ts';
import { WORKLOAD_RULES } from './workload-rules.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test.each(['bench-write', 'bench-mixed'])('WORKLOAD_RULES accept the profile %s', async (name) => {
  const input = await loadWorkloadProfile(name, ROOT, WORKLOAD_RULES);
  const workload = resolveWorkload(input);
  expect(workload.durationMs).toBe(20_000);
  expect(workload.ratePerSecond).toBe(name === 'bench-mixed' ? 2000 : null);
  expect(workload.writeParts / (workload.writeParts + workload.readParts)).toBe(
    name === 'bench-mixed' ? 0.1 : 1,
  );
});

test('WORKLOAD_RULES say what is wrong with a value', () => {
  expect(WORKLOAD_RULES.check('clients', 5)).toBeNull();
  expect(WORKLOAD_RULES.check('clients', 'many')).toContain('it is a number');
});
