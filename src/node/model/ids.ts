/**
 * The numbers of Raft. All are safe integers; plain aliases, because nearly every use is
 * arithmetic, and asserted where they enter (decoders, recovery, options).
 */

/** Election term, from 1. 0: before any election. */
export type Term = number;

/** Position of a command in the log, from 1. Counts commands, not batches. 0: nothing. */
export type LogIndex = number;

/** A member's number, from 1: never reused, the only identity in votes, on the wire, in the log. */
export type MemberNumber = number;

/** 16 random bytes in hex (32 characters): which cluster bytes belong to. */
export type ClusterId = string;
