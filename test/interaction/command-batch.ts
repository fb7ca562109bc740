/** Batches of the cluster of tests. */
import { BATCH_KIND, type Batch, sealBatch } from '../../src/node/model/batch.ts';
import type { LogIndex, Term } from '../../src/node/model/ids.ts';
import { bytesFrom } from '../../src/std/bytes.ts';

export const CLUSTER = '000102030405060708090a0b0c0d0e0f';

export function commandBatch(term: Term, first: LogIndex, text = 'x'): Batch {
  return sealBatch({
    cluster: CLUSTER,
    term,
    first,
    kind: BATCH_KIND.commands,
    count: 1,
    leaderTimeMs: 0,
    payload: bytesFrom(text),
  });
}
