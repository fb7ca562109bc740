/** What an experiment must reach. Pure. */
import type { Floor } from '../../config/experiment-schema.ts';
import { RaftctlError } from '../../std/errors.ts';
import { Glob } from '../../wire/glob.ts';
import type { PointRecord } from './records.ts';

export interface FloorResult {
  readonly points: string;
  readonly metric: string;
  readonly atLeast: number | null;
  readonly atMost: number | null;
  /** The worst of the points that fit; null: none was measured. */
  readonly path: string | null;
  readonly actual: number | null;
  /** Null: nothing was measured that could tell. */
  readonly isMet: boolean | null;
}

export function judgeFloors(
  floors: readonly Floor[],
  records: readonly Pick<PointRecord, 'path' | 'metrics'>[],
): FloorResult[] {
  return floors.map((floor) => {
    const { points, metric, atLeast = null, atMost = null } = floor;
    const glob = new Glob(points);
    const measured = records.flatMap(({ path, metrics }) => {
      const value = metrics[metric];
      return glob.matches(path) && value !== null && value !== undefined ? [{ path, value }] : [];
    });
    const margin = (value: number): number =>
      Math.min(
        atLeast === null ? Number.POSITIVE_INFINITY : value - atLeast,
        atMost === null ? Number.POSITIVE_INFINITY : atMost - value,
      );
    const [worst] = measured.sort((a, b) => margin(a.value) - margin(b.value));
    return {
      ...{ points, metric, atLeast, atMost },
      path: worst?.path ?? null,
      actual: worst?.value ?? null,
      isMet: worst === undefined ? null : margin(worst.value) >= 0,
    };
  });
}

/** For people: `>= 2500`. */
export function floorText({ atLeast, atMost }: FloorResult): string {
  const parts = [atLeast === null ? '' : `>= ${atLeast}`, atMost === null ? '' : `<= ${atMost}`];
  return parts.filter((part) => part !== '').join(' and ');
}

/** Null: nothing was missed. */
export function troubleOf(floors: readonly FloorResult[]): RaftctlError | null {
  const missed = floors.filter(({ isMet }) => isMet === false);
  if (missed.length === 0) return null;
  const list = missed.map((floor) => {
    return `${floor.metric} of ${floor.path} is ${floor.actual}, not ${floorText(floor)}`;
  });
  return new RaftctlError('FLOOR_MISSED', {
    message: `Floors were missed: ${list.join('; ')}`,
    hint: 'Did something else run on the machine? Remove those points and run it again',
  });
}
