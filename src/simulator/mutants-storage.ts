/** Planted bugs of the log and the snapshots on disk. */
import { type Mutant, mutant } from './mutant.ts';

const RECOVERY = 'node/wal/recovery.js';
const RECORD = 'node/wal/record.js';
const WAL = 'node/wal/wal.js';
const FILE_LOG = 'node/wal/file-log.js';
const SEGMENTS = 'node/wal/segment-files.js';
const SNAPSHOTS = 'node/wal/snapshot-files.js';
/** Closes the file without a sync. */
const UNSYNCED = 'const bytes = await file.size(); await file.close();';

export const STORAGE_MUTANTS: readonly Mutant[] = [
  mutant('M55a', 'safety', 'the log is compacted before the snapshot is durable', [
    'node/replica/compaction.js',
    "if (taking.stage !== 'durable')",
    "if (taking.stage === 'writing')",
  ]),
  mutant('M55b', 'safety', 'a snapshot gets its name before its bytes are durable', [
    SNAPSHOTS,
    'async #adoptOwn(file, path, meta) {\n        const bytes = await seal(file);',
    `async #adoptOwn(file, path, meta) {${UNSYNCED}`,
  ]),
  mutant(
    'M55c',
    'safety',
    'a received snapshot gets its name before its bytes are durable',
    [
      SNAPSHOTS,
      'const { disk } = this.#init;\n        const bytes = await seal(file);',
      `const { disk } = this.#init;${UNSYNCED}`,
    ],
    { profile: 'lag' },
  ),
  mutant('M55d', 'safety', "a snapshot's name is not made durable", [
    SNAPSHOTS,
    'snapshotName(snapshot.meta)}`);\n        await disk.syncDirectory(directory);',
    'snapshotName(snapshot.meta)}`);',
  ]),
  {
    ...{ id: 'M55e', kind: 'safety' },
    bug: 'a snapshot lets go of more of the log than it holds',
    patches: [
      {
        file: 'node/raft/snapshots.js',
        find: 's.log.forgetThrough(through);',
        replace: 's.log.forgetThrough(s.commitIndex);',
      },
      {
        file: 'node/replica/compaction.js',
        find: 'log.compact(raft.firstIndex - 1);',
        replace: 'log.compact(through);',
      },
    ],
  },
  mutant('M59a', 'liveness', 'a torn last record keeps a node from starting', [
    RECOVERY,
    'if (this.#witness > end.position) {',
    'if (this.#witness > end.position || end.residueEnd > end.offset) {',
  ]),
  mutant('M59b', 'safety', 'checksums of frames and batches are not compared', [
    RECORD,
    'if (sum !== bytes.readUInt32LE(offset))',
    'if (sum < 0)',
  ]),
  mutant('M59c', 'safety', 'the checksum of a batch is not compared', [
    'node/model/batch.js',
    'if (crc32(own.subarray(4)) !== own.readUInt32LE(0))',
    'if (own.length < 0)',
  ]),
  mutant('M61', 'safety', 'damage in the middle of the log is taken for a torn tail', [
    RECOVERY,
    'if (this.#witness > end.position) {',
    'if (this.#witness < 0) {',
  ]),
  mutant('M62a', 'safety', 'a write that failed is reported as done', [
    FILE_LOG,
    '#groupDone(error) {\n        if (this.#failed !== null)\n            return;\n        if (error !== null) {',
    '#groupDone(error) {\n        if (this.#failed !== null)\n            return;\n        if (error === undefined) {',
  ]),
  mutant('M62b', 'safety', 'the file of a new segment is used although its sync failed', [
    'node/wal/disk-calls.js',
    'file.write(chunks, options.offset, options.sync, (error) => {\n            if (error === null)',
    'file.write(chunks, options.offset, options.sync, (error) => {\n            if (true)',
  ]),
  mutant('M63a', 'safety', 'a new segment is used before its name is durable', [
    SEGMENTS,
    'await disk.rename(temporary, segmentPath(directory, header.sequence));\n        await disk.syncDirectory(directory);',
    'await disk.rename(temporary, segmentPath(directory, header.sequence));',
  ]),
  {
    // The zeros are synced piece by piece already, and its header with the first of them.
    ...{ id: 'M63b', kind: 'safety' },
    bug: 'a new segment gets its name before its bytes are durable',
    patches: [
      {
        file: SEGMENTS,
        find: 'await fill(file, header, frames);\n        await syncFile(file);',
        replace: 'await fill(file, header, frames);',
      },
      {
        file: SEGMENTS,
        find: 'await writeFile(file, [chunk], { offset, sync: true });',
        replace: 'await writeFile(file, [chunk], { offset, sync: false });',
      },
    ],
  },
  mutant(
    'M64a',
    'safety',
    'what was cut off the log stays in its file',
    [WAL, 'if (residue.length > 0)', 'if (residue.length < 0)'],
    { profile: 'power' },
  ),
  mutant('M64b', 'safety', 'the log is written without a sync', [
    FILE_LOG,
    "const sync = this.fsync === 'always';",
    'const sync = false;',
  ]),
  mutant('M64c', 'safety', 'a new hard state is written after the entries that need it', [
    'node/wal/fill-group.js',
    'if (state !== null) {',
    'if (state !== null && queue.batch === null) {',
  ]),
  mutant(
    'M65a',
    'safety',
    'a log that begins anew behind a snapshot does not say so',
    ['node/wal/fill-group.js', 'group.addReset(reset);', ''],
    { profile: 'lag' },
  ),
  mutant('M67a', 'safety', 'a cluster that retains its log removes what lies behind a snapshot', [
    'node/wal/compactor.js',
    'if (this.archiving) {',
    'if (this.archiving && false) {',
  ]),
  mutant('M66', 'safety', 'segments are removed while a snapshot is still on its way to the disk', [
    'node/wal/compactor.js',
    'return oldest.base + oldest.size <= index.positionBefore(this.#through);',
    'return true;',
  ]),
];
