/**
 * Single entries of the log as the fork of hraftd shows them:
 * `i <index> t <term> t <type> d <data>`.
 */
import { commandText } from '../wire/apps/kv-command-text.ts';
import { BATCH_KIND, type Batch, batchPayload } from './model/batch.ts';
import { commandsOf } from './model/command.ts';
import type { LogIndex } from './model/ids.ts';
import type { LogStore } from './ports/log-store.ts';
import type { Replica } from './replica/replica.ts';

/** The fork's numbers: a configuration is told as the addition of a peer. */
const TYPE = { command: 0, noop: 1, addPeer: 2 } as const;

/** Only what is committed is shown. @param done gets the line; null: there is no such entry. */
export function readLogLine(
  { replica, log }: { readonly replica: Replica; readonly log: LogStore },
  index: LogIndex,
  done: (line: string | null) => void,
): void {
  const { raft } = replica;
  const through = Math.min(raft.commitIndex, raft.durableIndex);
  if (index < raft.firstIndex || index > through) {
    done(null);
    return;
  }
  log.read({ from: index, through, bytesMax: 1 }, (error, batches) => {
    const batch = batches.find(({ first, last }) => first <= index && index <= last);
    done(error === null && batch !== undefined ? lineOf(batch, index) : null);
  });
}

function lineOf(batch: Batch, index: LogIndex): string {
  const head = `i ${index} t ${batch.term} t`;
  if (batch.kind === BATCH_KIND.noop) return `${head} ${TYPE.noop} d `;
  if (batch.kind === BATCH_KIND.configuration) {
    return `${head} ${TYPE.addPeer} d ${batchPayload(batch).toString('utf8')}`;
  }
  const cursor = commandsOf(batch);
  for (let at = batch.first; at <= index; at += 1) cursor.next();
  return `${head} ${TYPE.command} d ${commandText(cursor.bytes, cursor.start, cursor.end)}`;
}
