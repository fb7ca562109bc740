/** How each dialect says that a command did not end with an answer of the app. */
import type { Outcome } from '../replica/contract.ts';

export type Refusal = Exclude<Outcome, 'ok'>;

interface RefusalWords {
  /** RESP's code word. */
  readonly word: string;
  readonly text: string;
  readonly httpStatus: number;
  readonly httpCode: string;
}

export const REFUSALS: Readonly<Record<Refusal, RefusalWords>> = {
  unknown: {
    word: 'UNKNOWN',
    text: 'the outcome is not known: it may or may not be applied',
    httpStatus: 504,
    httpCode: 'OUTCOME_UNKNOWN',
  },
  noLeader: {
    word: 'NOLEADER',
    text: 'no leader is known, the command was not executed',
    httpStatus: 503,
    httpCode: 'NO_LEADER',
  },
  busy: {
    word: 'BUSY',
    text: 'the node has too much to do, the command was not executed',
    httpStatus: 503,
    httpCode: 'BUSY',
  },
  diskFull: {
    word: 'DISKFULL',
    text: "this node's disk is full, the command was not executed",
    httpStatus: 507,
    httpCode: 'DISK_FULL',
  },
  stopping: {
    word: 'STOPPING',
    text: 'the node is shutting down, the command was not executed',
    httpStatus: 503,
    httpCode: 'STOPPING',
  },
};

export function refusalReply(refusal: Refusal): string {
  const { word, text } = REFUSALS[refusal];
  return `-${word} ${text}\r\n`;
}

/** For a read whose place in the order went down with the write before it. */
export function lostReadReply(refusal: Refusal): string {
  const { word } = REFUSALS[refusal];
  return `-${word} the write before it has failed, the read was not executed\r\n`;
}
