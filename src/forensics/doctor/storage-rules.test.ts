import { expect, test } from 'vitest';
import { durations, foundBy, type Ill } from '../../../test/doubles/doctor-facts.ts';
import { eventAt } from '../../../test/doubles/flight.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const ended = (error: string): Ill => ({ rows: { n3: { state: 'down', pid: null, error } } });
const disk = (totalBytes: number, freeBytes: number): Ill => ({
  nodes: { n2: { disk: { totalBytes, freeBytes } } },
});
const chains = (n2: string): Ill => ({
  events: (['n1', 'n2'] as const).map((node) =>
    eventAt({ s: 90, node, term: 2 }, 'commit.advanced', {
      commitIndex: 7,
      chainHash: node === 'n1' ? 'aaaa0001' : n2,
    }),
  ),
});
const shared = (n2: string): Ill => ({
  nodes: { n1: { dataDir: '/data/one' }, n2: { dataDir: n2 } },
});

test.each<[string, Ill, RegExp]>([
  [
    'RFT030',
    { own: { n2: { diskFull: true, freeBytes: MIB } } },
    /^n2: 1 MiB free: it takes no new writes$/,
  ],
  ['RFT031', disk(100 * GIB, 9 * GIB), /^n2: 91 % used, 9 GiB free; writes end at 64 MiB$/],
  ['RFT031', disk(GIB, 75 * MIB), /^n2: 92 % used/],
  ['RFT031', disk(2 * GIB, 0.5 * 256 * MIB), /^n2: 93 % used, 128 MiB free/],
  [
    'RFT032',
    { syncs: { n3: durations(100, 42) } },
    /^n3: p99 42 ms over 10 ms, p50 42 ms, longest 42 ms, 100 syncs since its start 1m 0s ago$/,
  ],
  ['RFT033', { rows: { n2: { fsync: 'none' } } }, /^n2: fsync is none: WEAK/],
  ['RFT034', { rows: { n2: { fsync: 'batch' } } }, /^-: fsync: n1 always, n2 batch, n3 always$/],
  ['RFT035', shared('/data/one'), /^n2: n1 and n2 both have \/data\/one$/],
  ['RFT035', ended('DATA_DIR_LOCKED: held by 7'), /^n3: it ended with DATA_DIR_LOCKED: held by 7$/],
  ['RFT036', ended('WAL_CORRUPT: at 7'), /^n3: it ended with WAL_CORRUPT: at 7$/],
  ['RFT036', ended('NODE_WIPED: empty'), /^n3: it ended with NODE_WIPED/],
  ['RFT037', ended('ADDRESS_IN_USE: 11003'), /^n3: it ended with ADDRESS_IN_USE: 11003$/],
  ['RFT038', ended('DISK_FAILED: EIO'), /^n3: it ended with DISK_FAILED: EIO$/],
  [
    'RFT040',
    { own: { n1: { logBytes: GIB } } },
    /^n1: 1 GiB of log, entries 1 to 7, no snapshot; one is due every 256 MiB$/,
  ],
  [
    'RFT040',
    {
      own: { n1: { logBytes: 4 * MIB, snapshotIndex: 5 } },
      config: { n1: { snapshotLogBytes: MIB } },
    },
    /newest snapshot at 5; one is due every 1 MiB$/,
  ],
  ['RFT050', chains('bbbb0002'), /^n2: equalState: n1 and n2 applied 7 entries, not the same/],
])('%s fires', (code, ill, evidence) => {
  const found = foundBy(code, ill);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(evidence);
});

test.each<[string, string, Ill]>([
  ['RFT030', 'there is room', { own: { n2: { freeBytes: MIB } } }],
  ['RFT031', 'there is room', disk(100 * GIB, 11 * GIB)],
  ['RFT031', 'it is full already', { ...disk(GIB, 0), own: { n2: { diskFull: true } } }],
  ['RFT032', 'syncs are quick', { syncs: { n3: durations(1000, 9) } }],
  ['RFT032', 'there were too few to judge', { syncs: { n3: durations(99, 42) } }],
  ['RFT033', 'all sync always', {}],
  [
    'RFT034',
    'all sync alike',
    { rows: { n1: { fsync: 'none' }, n2: { fsync: 'none' }, n3: { fsync: 'none' } } },
  ],
  ['RFT035', 'each has its own', shared('/data/two')],
  ['RFT035', 'it ended otherwise', ended('INTERNAL: x')],
  ['RFT036', 'the disk failed', ended('DISK_FAILED: EIO')],
  ['RFT037', 'it is damaged', ended('WAL_CORRUPT: at 7')],
  ['RFT038', 'an address was taken', ended('ADDRESS_IN_USE: 11003')],
  ['RFT040', 'a snapshot is due, no more', { own: { n1: { logBytes: 700 * MIB } } }],
  [
    'RFT040',
    'the state itself is as large',
    { own: { n1: { logBytes: GIB, snapshotBytes: GIB } } },
  ],
  [
    'RFT040',
    'all is to be kept',
    { own: { n1: { logBytes: GIB } }, config: { n1: { retain: 'all' } } },
  ],
  ['RFT050', 'the same was applied', chains('aaaa0001')],
])('%s does not fire when %s', (code, _when, ill) => {
  expect(foundBy(code, ill)).toEqual([]);
});
