/**
 * Client sessions as seen from both sides of the log (thesis 6.3): what a client asks for, and what
 * it may be told.
 *
 * A session is opened by a command of its own, and is named by the index of that entry. Each write
 * of the client then bears the session and a number that counts its writes; it is done once,
 * however often it comes, and every repetition gets the answer of the first. A client may have
 * `SESSION_WINDOW` writes under way.
 */
import { bytesFrom } from '../../std/bytes.ts';
import { KvError } from './kvstore.ts';

/** The tag of commands that open a session. Entry 1 is the founding configuration, never one. */
export const OPENING = { session: 1, sequence: 0 } as const;
/** What such a command says. */
export const OPENING_BODY = bytesFrom('\0');

/** Answers kept of a session: one that is so far behind its newest command is forgotten. */
export const SESSION_WINDOW = 64;

export interface SessionLimits {
  /** A session that is not used for so long, by the log's time, is over. */
  readonly idleMs: number;
  /** Over this the one that was unused for longest is over. */
  readonly sessionsMax: number;
  /** Of all answers kept; as above. */
  readonly bytesMax: number;
  /** A longer answer is not kept: whoever repeats its command hears that it was done. */
  readonly answerBytesMax: number;
}

export const SESSION_LIMITS: SessionLimits = {
  idleMs: 10 * 60 * 1000,
  sessionsMax: 10_000,
  bytesMax: 32 * 1024 * 1024,
  answerBytesMax: 64 * 1024,
};

export const SESSION_EXPIRED = new KvError(
  'SESSIONEXPIRED the session is over or never was, the command was not executed now',
);
export const SESSION_FORGOTTEN = new KvError(
  'SESSIONFORGOTTEN a later command of the session is too far ahead to tell whether this one was ' +
    'executed before, it was not now',
);
export const SESSION_ANSWER_LOST = new KvError(
  'SESSIONANSWER the command was executed once, its answer was too long to be kept',
);
