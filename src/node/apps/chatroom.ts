/**
 * The chatroom: what is said in rooms, in the order of the log.
 *
 * The state is the history of each room, bounded (CHAT_HISTORY), so that who comes later or comes
 * back reads on where it stopped. Beside the state lies what was said last in all rooms, for those
 * who are there: it is no part of snapshots, and is longer than what one turn can apply.
 */
import { createHash } from 'node:crypto';
import { allocBytes, type Bytes } from '../../std/bytes.ts';
import {
  CHAT_HISTORY,
  type ChatLines,
  type ChatQuery,
  type ChatRoomRow,
  readSay,
} from '../../wire/apps/chat.ts';
import { KvError } from '../../wire/apps/kvstore.ts';
import type { LogIndex } from '../model/ids.ts';
import type {
  ApplyContext,
  SnapshotSource,
  StateMachine,
  StateRestore,
} from '../ports/state-machine.ts';
import { ChatLog } from './chat-log.ts';
import { ChatRestore, type ChatRooms, ChatSource, encodeRooms } from './chatroom-snapshot.ts';

/** More than the longest turn applies: two batches. */
const RECENT_BYTES_MAX = 8 * 1024 * 1024;
const NEWLINE = 10;

export class Chatroom implements StateMachine {
  readonly app = 'chatroom';
  #rooms: ChatRooms = { logs: new Map(), forgottenThrough: 0 };
  #recent = new ChatLog();

  apply(bytes: Bytes, start: number, end: number, { index }: ApplyContext): LogIndex | KvError {
    const said = readSay(bytes, start, end);
    if (said instanceof KvError) return said;
    const { room } = said;
    const line = { index, room, bytes: lineOf(index, bytes, said.textStart, end) };
    const log = this.#rooms.logs.get(room) ?? this.#open(room);
    log.push(line);
    log.trim(CHAT_HISTORY.linesMax, CHAT_HISTORY.bytesMax);
    this.#recent.push(line);
    this.#recent.trim(Number.POSITIVE_INFINITY, RECENT_BYTES_MAX);
    return index;
  }

  query(request: unknown): unknown {
    const query = request as ChatQuery;
    switch (query.op) {
      case 'newest':
        return this.#recent.newest;
      case 'lines':
        return this.#lines(query);
      case 'back':
        return this.#rooms.logs.get(query.room)?.back(query.count) ?? this.#recent.newest;
      case 'rooms':
        return this.#rows();
    }
  }

  digest(): string {
    const hash = createHash('sha256');
    for (const piece of encodeRooms(this.#rooms)) hash.update(piece);
    return hash.digest('hex');
  }

  snapshot(): SnapshotSource {
    return new ChatSource(this.#rooms);
  }

  restore({ index }: ApplyContext): StateRestore {
    return new ChatRestore((rooms) => {
      this.#rooms = rooms;
      // Who reads behind that is served from the history of its room.
      this.#recent = new ChatLog(index);
    });
  }

  #lines(query: ChatQuery & { readonly op: 'lines' }): ChatLines {
    const lines: Bytes[] = [];
    if (query.after >= this.#recent.droppedThrough) {
      return { lines, through: this.#recent.read(query, lines), gap: false };
    }
    const log = this.#rooms.logs.get(query.room);
    const newest = this.#recent.newest;
    if (log === undefined) return { lines, through: newest, gap: this.#isForgotten(query.after) };
    const gap = log.droppedThrough > query.after;
    const through = log.read(query, lines);
    return { lines, through: through === log.newest ? newest : through, gap };
  }

  #isForgotten(after: LogIndex): boolean {
    return this.#rooms.forgottenThrough > after;
  }

  #rows(): readonly ChatRoomRow[] {
    const rows = [...this.#rooms.logs].map(([room, log]) => {
      return { room, lines: log.count, newest: log.newest };
    });
    return rows.sort((a, b) => b.newest - a.newest);
  }

  /** A new room; over the bound, the one that was silent for longest goes. */
  #open(room: string): ChatLog {
    const { logs } = this.#rooms;
    if (logs.size >= CHAT_HISTORY.roomsMax) {
      const [silent] = this.#rows().slice(-1);
      if (silent !== undefined) {
        logs.delete(silent.room);
        this.#rooms.forgottenThrough = Math.max(this.#rooms.forgottenThrough, silent.newest);
      }
    }
    const log = new ChatLog(this.#rooms.forgottenThrough);
    logs.set(room, log);
    return log;
  }
}

function lineOf(index: LogIndex, bytes: Bytes, start: number, end: number): Bytes {
  const head = `${index}-`;
  const line = allocBytes(head.length + end - start + 1);
  line.write(head, 'latin1');
  bytes.copy(line, head.length, start, end);
  line[line.length - 1] = NEWLINE;
  return line;
}
