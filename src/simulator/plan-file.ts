/**
 * A run written down: faults, requests of clients, and the seed of what is left to chance. What the
 * shrinker leaves of a failing seed is such a file, and is kept to be replayed by later builds.
 */
import { readFile } from 'node:fs/promises';
import { RaftctlError } from '../std/errors.ts';
import { type FaultPlan, NO_SESSIONS, PROFILES, type Profile } from './fault-plan.ts';
import type { PlannedOperation } from './workload.ts';
import type { WorldInit } from './world.ts';

const SCHEMA = 'raftctl/sim-plan/v1';
const LATER = { leases: false, retain: false, sessions: NO_SESSIONS };

export interface SimPlan {
  readonly schema: typeof SCHEMA;
  /** Of the random numbers that the plan does not hold: latencies, election timeouts. */
  readonly seed: number;
  readonly seconds: number;
  readonly nodes: number;
  readonly profile: Profile;
  /** The planted bug it was found with; null: none. */
  readonly mutant: string | null;
  /** Which oracle fired. */
  readonly oracle: string;
  readonly faults: FaultPlan;
  readonly operations: readonly PlannedOperation[];
}

export function makePlan(plan: Omit<SimPlan, 'schema'>): SimPlan {
  return { schema: SCHEMA, ...plan };
}

export function worldOf(plan: SimPlan): WorldInit {
  const { seed, seconds, nodes, profile, faults, operations } = plan;
  return { seed, seconds, nodes, profile, load: null, plan: faults, operations };
}

/** One event or request a line: to be read by people. */
export function encodePlan(plan: SimPlan): string {
  const { faults, operations, ...head } = plan;
  const { events, ...settings } = faults;
  const lines = (items: readonly unknown[]): string => {
    return items.length === 0
      ? '[]'
      : `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  };
  const fields = Object.entries(head).map(
    ([name, value]) => `  "${name}": ${JSON.stringify(value)}`,
  );
  return `{\n${[
    ...fields,
    `  "settings": ${JSON.stringify(settings)}`,
    `  "faults": ${lines(events)}`,
    `  "operations": ${lines(operations)}`,
  ].join(',\n')}\n}\n`;
}

/** @throws {RaftctlError} USAGE when there is no such file; CONFIG_INVALID as `decodePlan`. */
export async function readPlan(path: string): Promise<SimPlan> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RaftctlError('USAGE', { message: `Cannot read the plan: ${why}`, cause });
  });
  return decodePlan(text, path);
}

/** @throws {RaftctlError} CONFIG_INVALID when the text is no plan that this program can run. */
export function decodePlan(text: string, path: string): SimPlan {
  const wrong = (what: string): RaftctlError =>
    new RaftctlError('CONFIG_INVALID', {
      message: `Cannot run the plan as ${what}: ${path}`,
      hint: 'Plans are written by: raftctl sim shrink',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('it is not JSON');
  }
  if (!isRecord(value) || value['schema'] !== SCHEMA) throw wrong(`its schema is not ${SCHEMA}`);
  const { seed, seconds, nodes, profile, mutant, oracle, settings, faults, operations } = value;
  const known = PROFILES.find((name) => name === profile);
  if (!isWhole(seed) || !isWhole(nodes) || nodes < 1 || nodes > 9) throw wrong('it lacks a number');
  if (typeof seconds !== 'number' || !(seconds > 0)) throw wrong('its seconds are none');
  if (known === undefined || !isRecord(settings)) throw wrong('it lacks its settings');
  if (!isTimed(faults) || !isTimed(operations)) throw wrong('faults and operations have a time');
  return makePlan({
    ...{ seed, seconds, nodes, profile: known, oracle: String(oracle) },
    mutant: typeof mutant === 'string' ? mutant : null,
    // Plans of older builds say nothing of what came later.
    faults: { ...LATER, ...settings, events: faults } as unknown as FaultPlan,
    operations: operations as unknown as readonly PlannedOperation[],
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isTimed(value: unknown): value is readonly { readonly atMs: number }[] {
  return (
    Array.isArray(value) &&
    value.every((item) => isRecord(item) && typeof item['atMs'] === 'number')
  );
}
