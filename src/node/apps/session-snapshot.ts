/**
 * The session table as the beginning of a snapshot's data, and back
 * (docs/snapshot-format.md#client-sessions); the app's own data follow it.
 */
import { allocBytes, type Bytes, concatBytes, readU64, writeU64 } from '../../std/bytes.ts';
import type { SnapshotSource, StateRestore } from '../ports/state-machine.ts';
import { type Session, sessionBytes } from './session-table.ts';

const HEAD_BYTES = 12;
const SESSION_HEAD_BYTES = 28;
const ANSWER_HEAD_BYTES = 12;
/** In place of the length of an answer that was too long to be kept. */
const LOST = 0xffff_ffff;

export class SessionSource implements SnapshotSource {
  readonly #timeMs: number;
  readonly #sessions: readonly Session[];
  readonly #inner: SnapshotSource;
  /** The next session; -1: the head. */
  #next = -1;

  constructor(frozen: { timeMs: number; sessions: readonly Session[] }, inner: SnapshotSource) {
    this.#timeMs = frozen.timeMs;
    this.#sessions = frozen.sessions;
    this.#inner = inner;
  }

  get ready(): boolean {
    return this.#next < this.#sessions.length || this.#inner.ready !== false;
  }

  next(bytesMax: number): Bytes | null {
    if (this.#next >= this.#sessions.length) return this.#inner.next(bytesMax);
    const pieces: Bytes[] = [];
    let length = 0;
    if (this.#next < 0) {
      pieces.push(this.#head());
      length += HEAD_BYTES;
      this.#next = 0;
    }
    while (this.#next < this.#sessions.length && length < bytesMax) {
      const piece = encodeSession(this.#sessions[this.#next] as Session);
      pieces.push(piece);
      length += piece.length;
      this.#next += 1;
    }
    return concatBytes(pieces);
  }

  close(): void {
    this.#inner.close();
  }

  #head(): Bytes {
    const head = allocBytes(HEAD_BYTES);
    writeU64(head, this.#timeMs, 0);
    head.writeUInt32LE(this.#sessions.length, 8);
    return head;
  }
}

function encodeSession({ id, usedMs, newest, answers }: Session): Bytes {
  let length = SESSION_HEAD_BYTES;
  for (const answer of answers.values()) length += ANSWER_HEAD_BYTES + (answer?.length ?? 0);
  const bytes = allocBytes(length);
  writeU64(bytes, id, 0);
  writeU64(bytes, usedMs, 8);
  writeU64(bytes, newest, 16);
  bytes.writeUInt32LE(answers.size, 24);
  let at = SESSION_HEAD_BYTES;
  for (const [sequence, answer] of answers) {
    writeU64(bytes, sequence, at);
    bytes.writeUInt32LE(answer?.length ?? LOST, at + 8);
    at += ANSWER_HEAD_BYTES;
    if (answer !== null) bytes.set(answer, at);
    at += answer?.length ?? 0;
  }
  return bytes;
}

/** What was read of a snapshot's sessions. */
export interface RestoredSessions {
  readonly timeMs: number;
  readonly sessions: readonly Session[];
}

/** Reads the sessions of pieces, however they are cut, and hands the rest on. */
export class SessionRestore implements StateRestore {
  readonly #inner: StateRestore;
  readonly #adopt: (restored: RestoredSessions) => void;
  readonly #sessions: Session[] = [];
  #parts: Bytes[] = [];
  #timeMs = 0;
  /** Sessions that are to come; -1: the head was not read yet. */
  #wanted = -1;

  constructor(inner: StateRestore, adopt: (restored: RestoredSessions) => void) {
    this.#inner = inner;
    this.#adopt = adopt;
  }

  take(piece: Bytes): void {
    if (this.#wanted === 0) {
      this.#inner.take(piece);
      return;
    }
    this.#parts.push(piece);
    const bytes = concatBytes(this.#parts);
    const at = this.#takeFrom(bytes);
    this.#parts = [bytes.subarray(at)];
    if (this.#wanted !== 0) return;
    this.#parts = [];
    if (at < bytes.length) this.#inner.take(bytes.subarray(at));
  }

  finish(): boolean {
    if (this.#wanted !== 0 || !this.#inner.finish()) return false;
    this.#adopt({ timeMs: this.#timeMs, sessions: this.#sessions });
    return true;
  }

  /** @returns how far whole things were taken. */
  #takeFrom(bytes: Bytes): number {
    let at = 0;
    if (this.#wanted < 0) {
      if (bytes.length < HEAD_BYTES) return 0;
      this.#timeMs = readU64(bytes, 0);
      this.#wanted = bytes.readUInt32LE(8);
      at = HEAD_BYTES;
    }
    while (this.#wanted > 0) {
      const end = this.#takeSession(bytes, at);
      if (end === 0) return at;
      at = end;
      this.#wanted -= 1;
    }
    return at;
  }

  /** @returns where the next one begins; 0: this one is not whole. */
  #takeSession(bytes: Bytes, start: number): number {
    let at = start + SESSION_HEAD_BYTES;
    if (bytes.length < at) return 0;
    const answers = new Map<number, Uint8Array | null>();
    for (let left = bytes.readUInt32LE(start + 24); left > 0; left -= 1) {
      if (bytes.length < at + ANSWER_HEAD_BYTES) return 0;
      const length = bytes.readUInt32LE(at + 8);
      const end = at + ANSWER_HEAD_BYTES + (length === LOST ? 0 : length);
      if (bytes.length < end) return 0;
      const answer = bytes.subarray(at + ANSWER_HEAD_BYTES, end);
      answers.set(readU64(bytes, at), length === LOST ? null : Uint8Array.from(answer));
      at = end;
    }
    this.#sessions.push({
      ...{ id: readU64(bytes, start), usedMs: readU64(bytes, start + 8) },
      ...{ newest: readU64(bytes, start + 16), answers },
      ...{ bytes: sessionBytes(answers), epoch: 0 },
    });
    return at;
  }
}
