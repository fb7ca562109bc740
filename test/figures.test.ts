/** `npm run figures`: what its long measurements conclude, and what it refuses. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MIB = 2 ** 20;

interface Bound {
  readonly ratio: number | null;
  readonly isMet: boolean;
}
interface NodeRow {
  readonly logBytes: number;
  readonly diskBytes: number;
  readonly residentBytes: number;
}
interface Window {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}
interface SoakVerdict {
  isLongEnough(rows: { nodes: Record<string, NodeRow>; snapshots: number }[]): boolean;
  growthOf(rows: { nodes: Record<string, NodeRow> }[]): Record<string, Bound>;
  judgeSnapshots(duringMs: number | null, withoutMs: number | null): Bound;
  splitBySnapshots(
    slices: Window[],
    windows: Window[],
  ): { readonly during: Window[]; readonly without: Window[] };
}
interface Pause {
  tailMs(percent: number, seconds: number): number;
  judgePause(seen: {
    readonly seconds: number;
    readonly p99Ms: number;
    readonly p999Ms: number;
    readonly rawP50Ms: number;
    readonly around: number[];
  }): { readonly isInTail: boolean; readonly isInMiddle: boolean };
}
interface Profile {
  judgeProfile(ratios: number[]): { readonly ratio: number; readonly isMet: boolean };
}
interface Agreement {
  judgeAgreement(ratio: number, interval: [number, number]): string;
}
interface Engines {
  engineRow(
    engine: { readonly name: string; readonly engine: string; readonly timeoutMs: number },
    samples: {
      readonly killed: number[];
      readonly silent: number[];
      readonly writes: { rate: number; p50Ms: number; p99Ms: number; serverUs: number }[];
    },
  ): { readonly killed: object };
  engineTable(rows: object[]): string[];
}
interface OpenWritesScript {
  longestGapMs(acknowledgedAt: number[], sinceMs: number): number;
  readonly PROTOCOLS: Record<'resp' | 'etcd', { isDone(text: string): boolean | null }>;
}
interface Statistics {
  median(values: number[]): number;
  quantile(values: number[], q: number): number;
  medianInterval(values: number[]): [number, number];
}

/** The scripts are plain JavaScript and run without a build. */
async function script<T>(name: string): Promise<T> {
  return (await import(join(ROOT, 'scripts/figures', name))) as T;
}

const { growthOf, isLongEnough, judgeSnapshots, splitBySnapshots } =
  await script<SoakVerdict>('soak-verdict.js');
const { judgeProfile } = await script<Profile>('profile.js');
const { tailMs, judgePause } = await script<Pause>('pause.js');
const { judgeAgreement } = await script<Agreement>('agreement.js');
const { engineRow, engineTable } = await script<Engines>('engines.js');
const { longestGapMs, PROTOCOLS } = await script<OpenWritesScript>('open-writes.js');
const { median, quantile, medianInterval } = await script<Statistics>('statistics.js');

/** Nine intervals of two nodes; `grow` makes the values of one of them from the interval. */
function rows(grow: (interval: number) => Partial<NodeRow>): { nodes: Record<string, NodeRow> }[] {
  const steady = { logBytes: 64 * MIB, diskBytes: 80 * MIB, residentBytes: 200 * MIB };
  return Array.from({ length: 9 }, (_, interval) => ({
    nodes: { n1: steady, n2: { ...steady, ...grow(interval) } },
  }));
}

function missed(growth: Record<string, Bound>): string[] {
  return Object.keys(growth).filter((name) => growth[name]?.isMet === false);
}

describe('growthOf', () => {
  test('finds nothing in a log that is a saw tooth', () => {
    const logBytes = [16, 80, 32, 64, 16, 80, 48, 16, 80];
    expect(missed(growthOf(rows((i) => ({ logBytes: (logBytes[i] ?? 0) * MIB }))))).toEqual([]);
  });

  test('lets the first third fill what has its size by design', () => {
    const growth = growthOf(rows((i) => ({ residentBytes: (i < 3 ? 50 * i + 50 : 200) * MIB })));
    expect(missed(growth)).toEqual([]);
  });

  test('finds a log, a disk and a memory that grow on one node only', () => {
    expect(missed(growthOf(rows((i) => ({ logBytes: (i + 1) * MIB }))))).toEqual(['log']);
    expect(missed(growthOf(rows((i) => ({ diskBytes: (i + 1) * MIB }))))).toEqual(['disk']);
    const leak = growthOf(rows((i) => ({ residentBytes: (200 + 10 * i) * MIB })));
    expect(missed(leak)).toEqual(['memory']);
  });

  test('takes no single peak of memory for a leak', () => {
    const growth = growthOf(rows((i) => ({ residentBytes: (i === 7 ? 400 : 200) * MIB })));
    expect(missed(growth)).toEqual([]);
  });
});

describe('isLongEnough', () => {
  const taken = (snapshots: number[]) =>
    rows(() => ({})).map((row, i) => ({ ...row, snapshots: snapshots[i] ?? 0 }));

  test('asks for two snapshots of each node in the middle third and in the last', () => {
    expect(isLongEnough(taken([0, 0, 0, 2, 0, 2, 0, 0, 4]))).toBe(true);
    expect(isLongEnough(taken([0, 0, 0, 2, 0, 1, 0, 0, 4]))).toBe(false);
    expect(isLongEnough(taken([9, 9, 9, 4, 0, 0, 0, 0, 0]))).toBe(false);
  });
});

describe('splitBySnapshots', () => {
  test('counts a slice that a snapshot touches, however little', () => {
    const slices = [0n, 10n, 20n, 30n].map((fromNs) => ({ fromNs, toNs: fromNs + 10n }));
    const { during, without } = splitBySnapshots(slices, [{ fromNs: 19n, toNs: 21n }]);
    expect(during.map(({ fromNs }) => fromNs)).toEqual([10n, 20n]);
    expect(without.map(({ fromNs }) => fromNs)).toEqual([0n, 30n]);
  });
});

describe('judgeSnapshots', () => {
  test('allows twice the p99, and no more', () => {
    expect(judgeSnapshots(4, 2)).toMatchObject({ ratio: 2, isMet: true });
    expect(judgeSnapshots(4.1, 2)).toMatchObject({ isMet: false });
  });

  test('is not met by a run that took no snapshot', () => {
    expect(judgeSnapshots(null, 2)).toMatchObject({ ratio: null, isMet: false });
  });
});

test('judgeProfile wants the middle pair to lose less than a tenth', () => {
  expect(judgeProfile([0.85, 0.91, 1.2])).toMatchObject({ ratio: 0.91, isMet: true });
  expect(judgeProfile([0.85, 0.89, 1.2]).isMet).toBe(false);
});

describe('judgePause', () => {
  const seen = { seconds: 60, p99Ms: 420, p999Ms: 950, rawP50Ms: 1.05, around: [1, 1.1] };

  test('asks of 60 s what the pause alone makes of their tail', () => {
    expect([tailMs(99, 60), tailMs(99.9, 60)].map(Math.round)).toEqual([400, 940]);
    expect(judgePause(seen)).toMatchObject({ isInTail: true, isInMiddle: false });
  });

  test('finds a pause that is missing in the tail', () => {
    expect(judgePause({ ...seen, p99Ms: 5 }).isInTail).toBe(false);
    expect(judgePause({ ...seen, p999Ms: 500 }).isInTail).toBe(false);
  });

  test('finds a pause that has moved the raw p50', () => {
    expect(judgePause({ ...seen, rawP50Ms: 1.3 }).isInMiddle).toBe(true);
    expect(judgePause({ ...seen, rawP50Ms: 0.5 }).isInMiddle).toBe(false);
  });
});

describe('judgeAgreement', () => {
  test('lets a median within a tenth agree, when the pairs say so together', () => {
    expect(judgeAgreement(0.95, [0.91, 0.99])).toBe('agree');
    expect(judgeAgreement(1.08, [1.02, 1.2])).toBe('agree');
    expect(judgeAgreement(0.85, [0.8, 0.95])).toBe('differ');
    expect(judgeAgreement(1.6, [1.3, 1.9])).toBe('differ');
  });

  test('decides nothing from pairs that scatter', () => {
    expect(judgeAgreement(1.05, [0.7, 1.9])).toBe('undecided');
    expect(judgeAgreement(2, [0.5, 3.9])).toBe('undecided');
  });
});

describe('engines', () => {
  test('longestGapMs() counts from the last acknowledgement before the blow', () => {
    expect(longestGapMs([0, 400, 410, 700, 705], 420)).toBe(290);
    expect(longestGapMs([0, 400, 410, 415, 425, 500], 420)).toBe(75);
    expect(longestGapMs([], 1)).toBe(0);
  });

  test('what is acknowledged is told from what is refused and from what is not all there', () => {
    const { resp, etcd } = PROTOCOLS;
    const texts = ['+O', '+OK\r\n', '-NOLEADER nobody leads\r\n'];
    expect(texts.map((text) => resp.isDone(text))).toEqual([null, true, false]);
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
    expect([head, `${head}{`, `${head}{}`].map((text) => etcd.isDone(text))).toEqual([
      null,
      null,
      true,
    ]);
    expect(etcd.isDone(`${head.replace('200 OK', '503 x')}{}`)).toBe(false);
  });

  test('engineTable() shows middle and worst of the gaps, and middles of the rest', () => {
    const write = { rate: 12_345.6, p50Ms: 1.234, p99Ms: 5, serverUs: 36.4 };
    const samples = { killed: [50, 70, 60], silent: [900], writes: [write] };
    const row = engineRow({ name: 'a', engine: 'etcd', timeoutMs: 500 }, samples);
    expect(row.killed).toEqual({ p50Ms: 60, maxMs: 70, gapsMs: [50, 70, 60] });
    expect(engineTable([row])[2]).toBe(
      '  | etcd | 500 to 1000 ms | 60, 70 | 900, 900 | 12,346 | 1.23 | 5.00 | 36 |',
    );
  });
});

describe('ratesOf', () => {
  test('reads what redis-benchmark prints, also of a command of its user', async () => {
    const { ratesOf } = await script<{ ratesOf: (csv: string) => unknown }>('older.js');
    const csv = '"test","rps","avg"\n"SET","60240.96","0.6"\n"SET __rand_int__ x","1505.2","1"\n';
    expect(ratesOf(csv)).toEqual({ SET: 1505.2 });
    expect(ratesOf(csv.replace('SET _', 'ZADD _'))).toEqual({ SET: 60240.96, ZADD: 1505.2 });
  });
});

describe('statistics', () => {
  test('median and quantile do not depend on the order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2);
    expect(quantile([4, 1, 3, 2], 1)).toBe(4);
  });

  test('medianInterval holds the median, and is wider for values that scatter', () => {
    const close = medianInterval([0.98, 0.99, 1, 1.01, 1.02]);
    const wide = medianInterval([0.5, 0.8, 1, 1.3, 1.9]);
    expect(close[0]).toBeLessThanOrEqual(1);
    expect(close[1]).toBeGreaterThanOrEqual(1);
    expect(wide[1] - wide[0]).toBeGreaterThan(close[1] - close[0]);
    expect(medianInterval([3, 3, 3])).toEqual([3, 3]);
  });
});

describe('npm run figures', () => {
  const REFUSED = [
    [['--only', 'speed'], 'no "speed", there are version, start'],
    [['--only', 'soak', '--minutes', 'ten'], '--minutes ten: it is a number above 0'],
    [['--only', 'agreement', '--tests', 'set,del'], '--tests del: there are set and get'],
    [['--fast'], '--fast'],
  ] as const;

  test.each(REFUSED)('%j is refused before anything is started', (args, says) => {
    const file = join(ROOT, 'scripts/figures.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args]);
    expect([status, stdout.toString()]).toEqual([2, '']);
    expect(stderr.toString()).toContain(says);
  });
});
