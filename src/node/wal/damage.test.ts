import { describe, expect, test } from 'vitest';
import { batchOf, DIRECTORY, LogRig, type OpenedLog } from '../../../test/doubles/log-rig.ts';
import { crc32 } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import { Prng } from '../../std/prng.ts';
import { dumpLog, type LogDumpRow } from './dump.ts';
import { segmentPath } from './segment-files.ts';

const SEGMENT_1 = segmentPath(DIRECTORY, 1);
const SEGMENT_2 = segmentPath(DIRECTORY, 2);
const CLEAN = `${DIRECTORY}/clean`;
const HEADER_BYTES = 4096;

/** How the process that wrote the log ended. */
type Ending = 'orderly' | 'killed' | 'powerCut';

/** A log of some segments with truncations and changes of term in it. */
async function write(rig: LogRig, ending: Ending): Promise<number> {
  const opened = await rig.make();
  let index = 1;
  for (let round = 1; round <= 40; round += 1) {
    const term = 1 + Math.floor(round / 10);
    const first = round % 10 === 9 ? index : index + 1;
    const batches = [batchOf({ first, count: 2, term, payloadBytes: 20 + round * 13 })];
    batches.push(batchOf({ first: first + 2, term, payloadBytes: 3 }));
    await rig.commit(opened, batches, round % 10 === 0 ? { term, vote: (round % 3) + 1 } : null);
    index = first + 2;
  }
  await end(rig, opened, ending);
  return index;
}

async function end(rig: LogRig, opened: OpenedLog, ending: Ending): Promise<void> {
  // Segments prepared in the background are finished, so that every life leaves the same files.
  await rig.pass(50);
  if (ending === 'orderly') await rig.drive(opened.store.close());
  rig.crash(ending === 'powerCut');
}

async function rows(rig: LogRig): Promise<LogDumpRow[]> {
  const found: LogDumpRow[] = [];
  await rig.drive(dumpLog(rig.disk.boot(), DIRECTORY, (row) => found.push(row)));
  return found;
}

async function outcome(rig: LogRig): Promise<RaftctlError | OpenedLog> {
  try {
    return await rig.open();
  } catch (error) {
    if (error instanceof RaftctlError) return error;
    throw error;
  }
}

interface Damage {
  readonly name: string;
  readonly ending: Ending;
  /** Told the frames of segment 1. */
  readonly corrupt: (rig: LogRig, frames: readonly LogDumpRow[]) => void;
  /** File and, where it is one place, offset that the error must name; null: the log opens. */
  readonly error: RegExp | null;
  readonly code?: string;
}

const last = (frames: readonly LogDumpRow[]): LogDumpRow => frames.at(-1) as LogDumpRow;
const middle = (frames: readonly LogDumpRow[]): LogDumpRow =>
  frames.filter((row) => row.kind === 'batch')[20] as LogDumpRow;
const patchHeader = (rig: LogRig, path: string, offset: number, value: number): void => {
  const before = rig.disk.contentOf(path);
  rig.disk.flipByte(path, offset, (before[offset] as number) ^ value);
  // With a checksum that fits, as another program would write it.
  const head = Buffer.from(rig.disk.contentOf(path).subarray(0, 68));
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(head.subarray(0, 64)));
  for (let at = 0; at < 4; at += 1) {
    rig.disk.flipByte(path, 64 + at, (head[64 + at] as number) ^ (sum[at] as number));
  }
};

const DAMAGES: readonly Damage[] = [
  ...(['orderly', 'killed', 'powerCut'] as const).flatMap((ending): Damage[] => [
    {
      name: 'a flip in the middle of a batch',
      ending,
      corrupt: (rig, frames) => rig.disk.flipByte(SEGMENT_1, middle(frames).offset + 60, 1),
      error: /0{15}1\.seg at offset \d+/,
    },
    {
      name: 'a flip in the length of a frame',
      ending,
      corrupt: (rig, frames) => rig.disk.flipByte(SEGMENT_1, middle(frames).offset + 7, 0x80),
      error: /0{15}1\.seg at offset \d+/,
    },
    {
      name: 'a zeroed sector',
      ending,
      corrupt: (rig, frames) => {
        const from = Math.floor(middle(frames).offset / 512) * 512;
        rig.disk.zero(SEGMENT_1, from, from + 512);
      },
      error: /0{15}1\.seg at offset \d+/,
    },
    {
      name: 'a flip in the first frame',
      ending,
      corrupt: (rig) => rig.disk.flipByte(SEGMENT_1, HEADER_BYTES + 3, 1),
      error: /0{15}1\.seg at offset 4096/,
    },
    {
      name: 'a flip in a header',
      ending,
      corrupt: (rig) => rig.disk.flipByte(SEGMENT_2, 41, 1),
      error: /0{15}2\.seg at offset 0/,
    },
    {
      name: 'a flip behind a header',
      ending,
      corrupt: (rig) => rig.disk.flipByte(SEGMENT_1, 1000, 1),
      error: /0{15}1\.seg at offset 68/,
    },
    {
      name: 'a flip in the roll',
      ending,
      corrupt: (rig, frames) => rig.disk.flipByte(SEGMENT_1, last(frames).offset + 9, 1),
      error: /0{15}1\.seg at offset \d+/,
    },
    {
      name: 'a file cut off',
      ending,
      corrupt: (rig, frames) => rig.disk.truncate(SEGMENT_1, middle(frames).offset),
      error: /it has \d+ bytes instead of 16384: .*0{15}1\.seg at offset \d+/,
    },
    {
      name: 'a missing segment in the middle',
      ending,
      corrupt: (rig) => rig.disk.boot().remove(SEGMENT_2),
      error: /segment 2 is missing/,
    },
    {
      name: 'a frame written to another place',
      ending,
      corrupt: (rig, frames) => {
        const one = middle(frames);
        const other = frames.find((f) => f.offset > one.offset && f.bytes === one.bytes);
        const bytes = rig.disk.contentOf(SEGMENT_1);
        const target = other?.offset ?? one.offset + one.bytes;
        for (let at = 0; at < one.bytes; at += 1) {
          const mask = (bytes[one.offset + at] as number) ^ (bytes[target + at] as number);
          rig.disk.flipByte(SEGMENT_1, target + at, mask);
        }
      },
      error: /0{15}1\.seg at offset \d+/,
    },
    {
      name: 'another version of the format',
      ending,
      corrupt: (rig) => patchHeader(rig, SEGMENT_1, 8, 2),
      error: /another version of the format.*offset 8/,
      code: 'FORMAT_UNSUPPORTED',
    },
    {
      name: 'a segment of another history',
      ending,
      corrupt: (rig) => patchHeader(rig, SEGMENT_2, 60, 99),
      error: /does not continue the segment before it/,
    },
    {
      name: 'a flip in free space',
      ending,
      corrupt: (rig) => rig.disk.flipByte(rig.segments().at(-1) as string, 9000, 1),
      // Only an orderly stop tells for sure what must be zeros.
      error: ending === 'orderly' ? /free space.*[.]seg at offset 9000/ : null,
    },
    {
      name: 'a flip between a roll and the end of its segment',
      ending,
      corrupt: (rig) => rig.disk.flipByte(SEGMENT_1, 16 * 1024 - 1, 1),
      error: /free space.*0{15}1[.]seg at offset 16383/,
    },
  ]),
  {
    name: 'the last frame zeroed',
    ending: 'orderly',
    corrupt: (rig) => zeroLastFrame(rig),
    error: /lost its tail after an orderly stop/,
  },
  {
    name: 'the mark of the orderly stop damaged',
    ending: 'orderly',
    corrupt: (rig) => rig.disk.flipByte(CLEAN, 33, 1),
    error: /log\/clean at offset 0/,
  },
  {
    name: 'the mark of the orderly stop cut off',
    ending: 'orderly',
    corrupt: (rig) => rig.disk.truncate(CLEAN, 10),
    error: /log\/clean at offset 0/,
  },
  {
    name: 'all segments missing after an orderly stop',
    ending: 'orderly',
    corrupt: (rig) => {
      for (const path of rig.segments()) rig.disk.boot().remove(path);
    },
    error: /all its segments are missing/,
  },
];

/** Wipes what was written last: in an orderly closed log the `close` frame. */
function zeroLastFrame(rig: LogRig): void {
  for (const path of [...rig.segments()].reverse()) {
    const bytes = rig.disk.contentOf(path);
    let used = bytes.length;
    while (used > HEADER_BYTES && bytes[used - 1] === 0) used -= 1;
    if (used === HEADER_BYTES) continue;
    const start = ((used + 7) & ~7) - 32;
    rig.disk.zero(path, start, used);
    return;
  }
}

describe('openLog on a damaged log', () => {
  for (const { name, ending, corrupt, error, code } of DAMAGES) {
    const verdict = error === null ? 'ignores' : 'refuses';
    test(`openLog ${verdict} ${name} after an end that was ${ending}`, async () => {
      const rig = new LogRig(11, 16 * 1024);
      const index = await write(rig, ending);
      const frames = (await rows(rig)).filter((row) => SEGMENT_1.endsWith(row.file));
      expect(last(frames).kind).toBe('roll');
      corrupt(rig, frames);
      const found = await outcome(rig);
      if (error === null) {
        expect(found).not.toBeInstanceOf(RaftctlError);
        expect((found as OpenedLog).store.recovered.lastIndex).toBe(index);
      } else {
        expect(found).toMatchObject({ code: code ?? 'WAL_CORRUPT', exitCode: 12 });
        expect((found as RaftctlError).message).toMatch(error);
      }
    });
  }

  for (const ending of ['orderly', 'killed'] as const) {
    test(`openLog refuses a flip anywhere in a log that was ${ending}, unless it cannot matter`, async () => {
      const prng = new Prng(5);
      const rig = new LogRig(12, 16 * 1024);
      const index = await write(rig, ending);
      const used = await rows(rig);
      const before = snapshot(rig);
      let refused = 0;
      for (let round = 0; round < 500; round += 1) {
        const copy = restore(before);
        // Three in four where the log is, the others anywhere.
        const row = prng.pick(used);
        const anywhere = round % 4 === 0;
        const path = anywhere ? prng.pick(copy.segments()) : `${DIRECTORY}/${row.file}`;
        const offset = anywhere
          ? prng.between(0, copy.disk.contentOf(path).length - 1)
          : row.offset + prng.between(0, row.bytes - 1);
        copy.disk.flipByte(path, offset, 1 << prng.between(0, 7));
        const found = await outcome(copy);
        if (found instanceof RaftctlError) {
          expect(found.exitCode).toBe(12);
          expect(found.message).toContain(path);
          refused += 1;
          continue;
        }
        // Nothing is missing: the flip was in free space, or in the last witness.
        expect(found.store.recovered.lastIndex).toBe(index);
        if (!anywhere) expect(row).toBe(last(used));
      }
      if (ending === 'orderly') expect(refused).toBe(500);
      expect(refused).toBeGreaterThan(370);
    });
  }

  test('openLog finds damage that lies before a torn tail', async () => {
    const rig = new LogRig(13);
    const opened = await rig.make();
    await rig.commit(opened, [batchOf({ first: 2 })]);
    await rig.commit(opened, [batchOf({ first: 3 })]);
    rig.write(opened, [batchOf({ first: 4 })]);
    rig.crash(false);
    const frames = await rows(rig);
    const second = frames.find((row) => row.first === 2) as LogDumpRow;
    rig.disk.flipByte(SEGMENT_1, second.offset + 50, 1);
    rig.disk.flipByte(SEGMENT_1, last(frames).offset + 50, 1);
    expect(await outcome(rig)).toMatchObject({
      code: 'WAL_CORRUPT',
      message: expect.stringContaining(`offset ${second.offset}`),
    });
  });
});

/** What is on the disk, by path. */
function snapshot(rig: LogRig): ReadonlyMap<string, Uint8Array> {
  return new Map(rig.disk.paths().map((path) => [path, rig.disk.contentOf(path)]));
}

function restore(files: ReadonlyMap<string, Uint8Array>): LogRig {
  const rig = new LogRig(1, 16 * 1024);
  for (const [path, bytes] of files) rig.disk.place(path, bytes);
  return rig;
}

describe('dumpLog', () => {
  test('dumpLog prints a damaged log up to the damage and says what it is', async () => {
    const rig = new LogRig(14);
    const opened = await rig.make();
    await rig.commit(opened, [batchOf({ first: 2, count: 3 })], { term: 2, vote: 3 });
    await rig.commit(opened, [batchOf({ first: 5, term: 2 })]);
    rig.crash(false);
    const whole = await rows(rig);
    const kinds = whole.map((row) => row.kind);
    expect(kinds).toEqual([
      'hardState',
      'batch',
      'synced',
      'synced',
      'hardState',
      'batch',
      'synced',
      'batch',
      'synced',
    ]);
    expect(whole[5]).toMatchObject({ first: 2, last: 4, term: 1, batchKind: 'commands' });
    expect(whole[4]).toMatchObject({ term: 2, vote: 3 });
    rig.disk.flipByte(SEGMENT_1, (whole[5] as LogDumpRow).offset + 70, 1);
    const found: LogDumpRow[] = [];
    const dump = dumpLog(rig.disk.boot(), DIRECTORY, (row) => found.push(row));
    const result = await rig.drive(dump);
    expect(found).toEqual(whole.slice(0, 5));
    expect(result.damage).toMatchObject({ code: 'WAL_CORRUPT' });
    expect(result.end).toBeNull();
  });

  test('dumpLog says how a sound log ends', async () => {
    const rig = new LogRig(15);
    const opened = await rig.make();
    await rig.commit(opened, [batchOf({ first: 2 })], { term: 4, vote: 1 });
    await rig.drive(opened.store.close());
    const found = await rows(rig);
    expect(last(found).kind).toBe('close');
    const result = await rig.drive(dumpLog(rig.disk.boot(), DIRECTORY, () => {}));
    const { offset, bytes } = last(found);
    expect(result).toMatchObject({
      ...{ member: 1, lastIndex: 2, term: 4, vote: 1, damage: null },
      end: { file: last(found).file, offset: offset + bytes, reason: 'blank' },
    });
  });
});
