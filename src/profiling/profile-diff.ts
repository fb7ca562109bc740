/**
 * Where the time (or the memory) of two profiles differs, by function. Shares are compared, so the
 * two may be of different length and load; time without work counts in neither. Pure.
 */
import { RaftctlError } from '../std/errors.ts';
import {
  type CallNode,
  fileOf,
  functionSums,
  type ProfileTree,
  type ProfileUnit,
  withoutIdle,
} from './profile-tree.ts';

export interface ChangedFunction {
  readonly name: string;
  /** The file without a line: lines move from build to build. */
  readonly place: string;
  /** Of the function itself, of all that was not idle. */
  readonly beforeShare: number;
  readonly afterShare: number;
  /** `afterShare - beforeShare`. */
  readonly change: number;
}

export interface ComparedProfile {
  /** Without idleness, in the unit of both. */
  readonly busy: number;
  /** Null: there is no such thing in a profile of memory. */
  readonly idle: number | null;
}

export interface ProfileDiff {
  readonly unit: ProfileUnit;
  readonly before: ComparedProfile;
  readonly after: ComparedProfile;
  /** Those that changed most come first. */
  readonly functions: readonly ChangedFunction[];
}

/** @throws {RaftctlError} USAGE when one is of time and the other of memory. */
export function diffProfiles(before: ProfileTree, after: ProfileTree, count: number): ProfileDiff {
  const { unit } = after;
  if (before.unit !== unit) {
    throw new RaftctlError('USAGE', {
      message: 'Cannot compare a profile of a processor with one of allocations',
      hint: 'Name two .cpuprofile or two .heapprofile files',
    });
  }
  const early = measured(before);
  const late = measured(after);
  const keys = new Set([...early.sums.keys(), ...late.sums.keys()]);
  const functions = [...keys]
    .map((key) => {
      const sum = late.sums.get(key) ?? early.sums.get(key);
      const beforeShare = shareOf(early, key);
      const afterShare = shareOf(late, key);
      const { name = '', place = '' } = sum ?? {};
      const change = afterShare - beforeShare;
      return { name, place: fileOf(place), beforeShare, afterShare, change };
    })
    .filter(({ change }) => change !== 0)
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
    .slice(0, count);
  const facts = ({ busy, idle }: Measured): ComparedProfile => ({
    busy,
    idle: unit === 'us' ? idle : null,
  });
  return { unit, before: facts(early), after: facts(late), functions };
}

interface Measured {
  readonly busy: number;
  readonly idle: number;
  readonly sums: ReadonlyMap<string, { name: string; place: string; self: number }>;
}

function measured(profile: ProfileTree): Measured {
  const { tree, idle } = withoutIdle(profile);
  const keyOf = ({ name, place }: CallNode): string => `${name} ${fileOf(place)}`;
  return { busy: tree.root.total, idle, sums: functionSums(tree, keyOf) };
}

function shareOf({ busy, sums }: Measured, key: string): number {
  return busy === 0 ? 0 : (sums.get(key)?.self ?? 0) / busy;
}
