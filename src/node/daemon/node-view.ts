/** A node as a program sees it that runs it in its own process, to check what it has done. */
import { type Bytes, concatBytes } from '../../std/bytes.ts';
import { BATCH_KIND } from '../model/batch.ts';
import { commandsOf } from '../model/command.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Replica } from '../replica/replica.ts';

const READ_BYTES = 4 * 1024 * 1024;

/** A command of the log. */
export interface ViewedCommand {
  readonly index: number;
  readonly bytes: Bytes;
}

export interface NodeView {
  /** It leads, and knows all that was ever committed. */
  readonly leads: boolean;
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  /** All commands that are committed, from the log as it lies on disk; nothing else of it. */
  commands(): Promise<readonly ViewedCommand[]>;
  /** Asks the app of this node, whatever the others have. */
  query(request: unknown): unknown;
}

export function viewOf({
  replica,
  log,
}: {
  readonly replica: Replica;
  readonly log: LogStore;
}): NodeView {
  const { raft, applier } = replica;
  return {
    get leads() {
      return raft.role === 'leader' && raft.serving;
    },
    get term() {
      return raft.term;
    },
    get commitIndex() {
      return raft.commitIndex;
    },
    get appliedIndex() {
      return applier.appliedIndex;
    },
    commands: async () => {
      const found: ViewedCommand[] = [];
      const through = Math.min(raft.commitIndex, raft.durableIndex);
      for (let from = raft.firstIndex; from <= through; ) {
        const read = await readFrom(log, from, through);
        if (read.next === from) break;
        found.push(...read.commands);
        from = read.next;
      }
      return found;
    },
    query: (request) => replica.query(request),
  };
}

function readFrom(
  log: LogStore,
  from: number,
  through: number,
): Promise<{ readonly commands: ViewedCommand[]; readonly next: number }> {
  return new Promise((resolve, reject) => {
    log.read({ from, through, bytesMax: READ_BYTES }, (error, batches) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const commands: ViewedCommand[] = [];
      let next = from;
      for (const batch of batches) {
        next = batch.last + 1;
        if (batch.kind !== BATCH_KIND.commands) continue;
        const cursor = commandsOf(batch);
        for (let index = batch.first; cursor.next(); index += 1) {
          const bytes = concatBytes([cursor.bytes.subarray(cursor.start, cursor.end)]);
          commands.push({ index, bytes });
        }
      }
      resolve({ commands, next });
    });
  });
}
