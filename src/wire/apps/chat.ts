/**
 * The chatroom as seen from both sides of the log: lines of rooms, in one total order. A line is
 * named by the index of its entry; the same line has the same index on every node.
 *
 * ```
 *  u8   format   1
 *  u8   opcode   1: say
 *  u8   length of the room's name, and the name
 *  text up to the end, without a line end
 * ```
 * The answer of `say` is the index of the line, or a KvError.
 */
import { allocBytes, type Bytes } from '../../std/bytes.ts';
import { KvError } from './kvstore.ts';

export const CHAT_FORMAT = 1;
export const CHAT_OP = { say: 1 } as const;

/** Where everybody is at first. */
export const CHAT_ROOM_DEFAULT = 'main';
export const LINE_BYTES_MAX = 64 * 1024;
const ROOM_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** What is kept of each room for those who come later: both bounds hold. */
export const CHAT_HISTORY = { linesMax: 1000, bytesMax: 256 * 1024, roomsMax: 256 } as const;

export const CHAT_MALFORMED = new KvError('ERR malformed chat command');
export const NOT_A_ROOM = new KvError('ERR a room is named by 1 to 64 of A-Z a-z 0-9 . _ -');
export const LINE_TOO_LONG = new KvError(`ERR a line has at most ${LINE_BYTES_MAX} bytes`);

/**
 * - `newest`: index of the newest line of all rooms; 0: there is none.
 * - `lines`: what was said in a room behind `after`, whole lines up to about `bytesMax`.
 * - `back`: the index behind which the last `count` lines of a room lie.
 * - `rooms`: all that have a line, the one with the newest line first.
 */
export type ChatQuery =
  | { readonly op: 'newest' }
  | {
      readonly op: 'lines';
      readonly room: string;
      readonly after: number;
      readonly bytesMax: number;
    }
  | { readonly op: 'back'; readonly room: string; readonly count: number }
  | { readonly op: 'rooms' };

export interface ChatLines {
  /** Each as `<index>-<text>` and a line end. */
  readonly lines: readonly Bytes[];
  /** The room was read up to there. */
  readonly through: number;
  /** Lines behind `after` are not kept any more. */
  readonly gap: boolean;
}

export interface ChatRoomRow {
  readonly room: string;
  /** As far as they are kept. */
  readonly lines: number;
  readonly newest: number;
}

export function isRoomName(name: string): boolean {
  return ROOM_NAME.test(name);
}

/** @param room a name that `isRoomName` allows. */
export function encodeSay(room: string, text: Bytes): Bytes {
  const command = allocBytes(3 + room.length + text.length);
  command[0] = CHAT_FORMAT;
  command[1] = CHAT_OP.say;
  command[2] = room.length;
  command.write(room, 3, 'latin1');
  text.copy(command, 3 + room.length);
  return command;
}

/** What a command says; an error is the answer on every replica alike. */
export type Said = { readonly room: string; readonly textStart: number } | KvError;

export function readSay(bytes: Bytes, start: number, end: number): Said {
  if (end - start < 3 || bytes[start] !== CHAT_FORMAT || bytes[start + 1] !== CHAT_OP.say) {
    return CHAT_MALFORMED;
  }
  const textStart = start + 3 + (bytes[start + 2] as number);
  if (textStart > end) return CHAT_MALFORMED;
  const room = bytes.toString('latin1', start + 3, textStart);
  if (!isRoomName(room)) return NOT_A_ROOM;
  return end - textStart > LINE_BYTES_MAX ? LINE_TOO_LONG : { room, textStart };
}
