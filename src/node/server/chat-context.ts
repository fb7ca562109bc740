/** What the clients of a chatroom's port share, and what a command of one may do with it. */
import type { Bytes } from '../../std/bytes.ts';
import type { ReplicaFrontDoor, SessionTag } from '../replica/contract.ts';
import type { Turns } from './turns.ts';

export interface ChatContext {
  readonly replica: ReplicaFrontDoor;
  readonly turns: Turns;
  /** Whether this node has applied all that it knows of, and knows a leader. */
  isCurrent(): boolean;
  /** Whether this node leads. */
  isLeader(): boolean;
  /** A line was taken. */
  counted(): void;
  /** As the original's port: every line is said, in one room, and nothing else is written. */
  readonly isPlain: boolean;
  /** Whether a line is taken here; if not, it is dropped as the original's followers do. */
  takesLines(): boolean;
}

/** What the readers of one room at one position get. */
export interface Delivery {
  readonly bytes: Bytes;
  readonly through: number;
  readonly gap: boolean;
}

/** A client, as its commands see it. */
export interface ChatGuest {
  readonly context: ChatContext;
  roomName: string;
  /** It has all of its room up to there; null: it takes what comes from now on. */
  position: number | null;
  /** Says something on the side; nothing on a plain port. */
  tell(text: string): void;
  complain(text: string): void;
  say(text: Bytes, tag: SessionTag): void;
  /** @param done gets the answer of a command that was applied. */
  propose(command: Bytes, tag: SessionTag | null, done: (index: number) => void): void;
  /** Writes what it does not have yet. */
  deliver(): void;
  /** Takes nothing more; ends once what was said is answered and delivered. */
  stop(): void;
}
