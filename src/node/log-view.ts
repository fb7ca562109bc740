/** What the admin port shows of the log: the newest batches, as far as they lie in memory. */
import type { BatchView } from '../wire/log-view.ts';
import { FsDisk } from './io/fs-disk.ts';
import { type HistoryParts, readHistory } from './log-history.ts';
import { BATCH_KIND, type Batch } from './model/batch.ts';
import type { RaftFrontDoor } from './raft/contract.ts';

const KIND_NAMES = new Map<number, string>(
  Object.entries(BATCH_KIND).map(([name, kind]) => [kind, name]),
);

/** Newest first, at most `countMax`. */
export function newestBatches(raft: RaftFrontDoor, countMax: number): BatchView[] {
  const found: BatchView[] = [];
  let index = raft.lastIndex;
  while (index >= raft.firstIndex && found.length < countMax) {
    const batch = raft.cachedBatch(index);
    if (batch === null) break;
    found.push(viewOf(batch));
    index = batch.first - 1;
  }
  return found;
}

/** What the log has forgotten of the entries from there on; null: it does not have them all. */
export async function forgottenEntries(
  parts: Omit<HistoryParts, 'disk'> & { readonly raft: RaftFrontDoor },
  from: number,
): Promise<{ readonly through: number; readonly batches: AsyncIterable<Batch> } | null> {
  const through = parts.raft.firstIndex - 1;
  const disk = new FsDisk({ readOnly: true, offLoop: true });
  disk.mayBlock = false;
  const batches = await readHistory({ ...parts, disk }, { from, through });
  return batches === null ? null : { through, batches };
}

function viewOf({ first, last, term, kind, bytes }: Batch): BatchView {
  return {
    ...{ first, last, term },
    kind: KIND_NAMES.get(kind) ?? String(kind),
    bytes: bytes.length,
    checksum: bytes.readUInt32LE(0).toString(16).padStart(8, '0'),
  };
}
