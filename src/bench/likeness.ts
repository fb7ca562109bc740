/** What makes two runs unlike, so that their difference says little. Pure. */
import type { BenchResult } from './result.ts';
import type { Workload } from './workload.ts';

const MACHINE = ['cpu', 'cores', 'memoryBytes', 'platform', 'kernel', 'node'] as const;
/** What may differ: where load goes is what is compared, and a seed only orders it. */
const FREE: readonly string[] = ['targets', 'driver', 'slos', 'seed'] satisfies (keyof Workload)[];

/** As `cpu: X, not Y`; empty: they compare. */
export function machineDifferences(before: BenchResult, after: BenchResult): string[] {
  const [a, b] = [before.environment, after.environment];
  return MACHINE.filter((key) => a[key] !== b[key]).map(
    (key) => `${key}: ${String(a[key])}, not ${String(b[key])}`,
  );
}

export function workloadDifferences(before: BenchResult, after: BenchResult): string[] {
  const [a, b] = [before.workload, after.workload].map((workload) => {
    return new Map<string, string>(
      Object.entries(workload).map(([key, value]) => [key, JSON.stringify(value)]),
    );
  }) as [Map<string, string>, Map<string, string>];
  const keys = [...new Set([...a.keys(), ...b.keys()])].filter((key) => !FREE.includes(key));
  return keys
    .filter((key) => a.get(key) !== b.get(key))
    .map((key) => `${key}: ${a.get(key) ?? '-'}, not ${b.get(key) ?? '-'}`);
}
