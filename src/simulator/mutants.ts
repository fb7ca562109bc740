/**
 * The catalogue of planted bugs: known mistakes of Raft systems, each a change of the compiled
 * program in one place. What an oracle is worth shows in what it finds here. Ids are those of
 * docs/testing.md; controls change how the program works and must not be flagged.
 */

import type { Mutant } from './mutant.ts';
import { CLIENT_MUTANTS } from './mutants-clients.ts';
import { CONTROL_MUTANTS } from './mutants-controls.ts';
import { ELECTION_MUTANTS } from './mutants-elections.ts';
import { LEASE_CONTROL, LEASE_MUTANTS } from './mutants-leases.ts';
import { MEMBER_MUTANTS } from './mutants-members.ts';
import { REPLICATION_MUTANTS } from './mutants-replication.ts';
import { SESSION_MUTANTS } from './mutants-sessions.ts';
import { STORAGE_MUTANTS } from './mutants-storage.ts';
import { TRANSFER_MUTANTS } from './mutants-transfers.ts';

export const MUTANTS: readonly Mutant[] = [
  ...ELECTION_MUTANTS,
  ...REPLICATION_MUTANTS,
  ...CLIENT_MUTANTS,
  ...LEASE_MUTANTS,
  ...SESSION_MUTANTS,
  ...STORAGE_MUTANTS,
  ...TRANSFER_MUTANTS,
  ...MEMBER_MUTANTS,
  ...CONTROL_MUTANTS,
  LEASE_CONTROL,
];

export function findMutant(id: string): Mutant | null {
  return MUTANTS.find((mutant) => mutant.id.toLowerCase() === id.toLowerCase()) ?? null;
}
