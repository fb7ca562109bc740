/** Which functions a `.cpuprofile` spends its time in. Pure. */
import { cpuTree, functionSums, readCpuProfile } from './profile-tree.ts';

export interface HotFunction {
  readonly name: string;
  readonly place: string;
  readonly selfMs: number;
  /** With what it calls. A function on the stack twice counts once. */
  readonly totalMs: number;
  /** Of all time that was sampled, idleness included. */
  readonly selfShare: number;
}

/** The `count` with most time of their own. @throws {RaftctlError} USAGE when it is no profile. */
export function hotFunctions(text: string, count: number): HotFunction[] {
  const root = cpuTree(readCpuProfile(text));
  return [...functionSums({ unit: 'us', root }).values()]
    .sort((a, b) => b.self - a.self)
    .slice(0, count)
    .map(({ name, place, self, total }) => ({
      ...{ name, place },
      selfMs: self / 1000,
      totalMs: total / 1000,
      selfShare: root.total === 0 ? 0 : self / root.total,
    }));
}
