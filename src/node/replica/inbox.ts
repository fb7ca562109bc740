/**
 * Everything that happened since the last turn, in the order in which it happened. Completions and
 * messages only enqueue here; the pump drains at its own pace. Bounded in bytes: over the cap,
 * messages that Raft sends again by itself are dropped.
 */
import type { Batch } from '../model/batch.ts';
import type { LogIndex, MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';
import type { SnapshotPart } from '../ports/snapshot-store.ts';
import type { SnapshotReadRequest } from '../raft/ready.ts';

export const INBOX_BYTES_MAX = 128 * 1024 * 1024;

export type Input =
  | { readonly type: 'message'; readonly message: PeerMessage }
  | { readonly type: 'peerUp'; readonly member: MemberNumber }
  | { readonly type: 'peerDown'; readonly member: MemberNumber }
  | {
      readonly type: 'logRead';
      readonly member: MemberNumber;
      readonly batches: readonly Batch[] | null;
    }
  | {
      readonly type: 'snapshotRead';
      readonly request: SnapshotReadRequest;
      readonly part: SnapshotPart | null;
    }
  /** Something an operator asked for, to be done in a turn. */
  | { readonly type: 'task'; readonly run: () => void }
  | { readonly type: 'snapshotStored'; readonly index: LogIndex; readonly offset: number }
  | { readonly type: 'snapshotReceived'; readonly snapshot: SnapshotPoint | null };

export class Inbox {
  #inputs: Input[] = [];
  #bytes = 0;
  #dropped = 0;
  /** Highest sequence reported durable since the last turn; 0: none. */
  #synced = 0;
  #ticked = false;

  get dropped(): number {
    return this.#dropped;
  }

  message(message: PeerMessage): void {
    const bytes = sizeOf(message);
    const isSentAgain = message.type === 'append' || message.type === 'snapshot';
    if (this.#bytes + bytes > INBOX_BYTES_MAX && isSentAgain) {
      this.#dropped += 1;
      return;
    }
    this.#bytes += bytes;
    this.#inputs.push({ type: 'message', message });
  }

  put(input: Exclude<Input, { type: 'message' }>): void {
    this.#inputs.push(input);
  }

  synced(sequence: number): void {
    if (sequence > this.#synced) this.#synced = sequence;
  }

  /** However many ticks are due after a stall, one is enough: time is not made up for. */
  tick(): void {
    this.#ticked = true;
  }

  takeInputs(): readonly Input[] {
    const inputs = this.#inputs;
    this.#inputs = [];
    this.#bytes = 0;
    return inputs;
  }

  takeSynced(): number {
    const synced = this.#synced;
    this.#synced = 0;
    return synced;
  }

  takeTick(): boolean {
    const ticked = this.#ticked;
    this.#ticked = false;
    return ticked;
  }
}

function sizeOf(message: PeerMessage): number {
  if (message.type === 'forward') return message.records.length;
  if (message.type === 'snapshot') return message.data.length + 64;
  if (message.type !== 'append') return 64;
  let bytes = 64;
  for (const batch of message.batches) bytes += batch.bytes.length;
  return bytes;
}
