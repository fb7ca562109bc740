/**
 * The chatroom's state as pieces of bytes and back (docs/snapshot-format.md#the-chatrooms-data).
 */
import {
  allocBytes,
  type Bytes,
  bytesFrom,
  concatBytes,
  readU64,
  writeU64,
} from '../../std/bytes.ts';
import type { LogIndex } from '../model/ids.ts';
import type { SnapshotSource, StateRestore } from '../ports/state-machine.ts';
import { ChatLog } from './chat-log.ts';

export interface ChatRooms {
  readonly logs: Map<string, ChatLog>;
  /** The newest line of rooms that are not kept any more. */
  forgottenThrough: LogIndex;
}

const FORMAT = 1;
const HEAD_BYTES = 13;
const ROOM_HEAD_BYTES = 21;
const LINE_HEAD_BYTES = 12;

/** One piece for the head and one for each room, which is a quarter of a MiB long at most. */
export function* encodeRooms({ logs, forgottenThrough }: ChatRooms): Generator<Bytes> {
  const head = allocBytes(HEAD_BYTES);
  head[0] = FORMAT;
  writeU64(head, forgottenThrough, 1);
  head.writeUInt32LE(logs.size, 9);
  yield head;
  // In the order of the names: equal states are equal bytes.
  const rooms = [...logs].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [room, log] of rooms) yield encodeRoom(room, log);
}

function encodeRoom(room: string, log: ChatLog): Bytes {
  const head = allocBytes(ROOM_HEAD_BYTES);
  const name = bytesFrom(room, 'latin1');
  head[0] = name.length;
  writeU64(head, log.droppedThrough, 1);
  head.writeUInt32LE(log.count, 9);
  writeU64(head, log.bytes, 13);
  const parts: Bytes[] = [head, name];
  for (const { index, bytes } of log.all()) {
    const lineHead = allocBytes(LINE_HEAD_BYTES);
    writeU64(lineHead, index, 0);
    lineHead.writeUInt32LE(bytes.length, 8);
    parts.push(lineHead, bytes);
  }
  return concatBytes(parts);
}

export class ChatSource implements SnapshotSource {
  readonly #pieces: Iterator<Bytes>;
  #rest: Bytes | null = null;

  constructor(rooms: ChatRooms) {
    // Lines never change and a history is small: freezing is a copy of the lists of lines.
    const frozen = new Map([...rooms.logs].map(([room, log]) => [room, copyOf(log)] as const));
    this.#pieces = encodeRooms({ logs: frozen, forgottenThrough: rooms.forgottenThrough });
  }

  next(bytesMax: number): Bytes | null {
    const piece = this.#rest ?? this.#pieces.next().value ?? null;
    if (piece === null) return null;
    this.#rest = piece.length > bytesMax ? piece.subarray(bytesMax) : null;
    return piece.subarray(0, bytesMax);
  }

  close(): void {}
}

function copyOf(log: ChatLog): ChatLog {
  const copy = new ChatLog(log.droppedThrough);
  for (const line of log.all()) copy.push(line);
  return copy;
}

export class ChatRestore implements StateRestore {
  readonly #adopt: (rooms: ChatRooms) => void;
  readonly #pieces: Bytes[] = [];

  constructor(adopt: (rooms: ChatRooms) => void) {
    this.#adopt = adopt;
  }

  take(piece: Bytes): void {
    this.#pieces.push(concatBytes([piece]));
  }

  finish(): boolean {
    const rooms = decodeRooms(concatBytes(this.#pieces));
    if (rooms === null) return false;
    this.#adopt(rooms);
    return true;
  }
}

function decodeRooms(bytes: Bytes): ChatRooms | null {
  if (bytes.length < HEAD_BYTES || bytes[0] !== FORMAT) return null;
  const rooms: ChatRooms = { logs: new Map(), forgottenThrough: readU64(bytes, 1) };
  let at = HEAD_BYTES;
  for (let left = bytes.readUInt32LE(9); left > 0; left -= 1) {
    at = decodeRoom(bytes, at, rooms);
    if (at < 0) return null;
  }
  return at === bytes.length ? rooms : null;
}

/** @returns where the next room begins; negative: this one is not whole. */
function decodeRoom(bytes: Bytes, start: number, rooms: ChatRooms): number {
  const nameStart = start + ROOM_HEAD_BYTES;
  if (bytes.length < nameStart) return -1;
  let at = nameStart + (bytes[start] as number);
  const room = bytes.toString('latin1', nameStart, at);
  const log = new ChatLog(readU64(bytes, start + 1));
  for (let left = bytes.readUInt32LE(start + 9); left > 0; left -= 1) {
    const lineStart = at + LINE_HEAD_BYTES;
    if (bytes.length < lineStart) return -1;
    const end = lineStart + bytes.readUInt32LE(at + 8);
    if (bytes.length < end) return -1;
    const line = concatBytes([bytes.subarray(lineStart, end)]);
    log.push({ index: readU64(bytes, at), room, bytes: line });
    at = end;
  }
  if (log.bytes !== readU64(bytes, start + 13)) return -1;
  rooms.logs.set(room, log);
  return at;
}
