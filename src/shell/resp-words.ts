/** RESP commands as the shell knows them: to tell them from typing mistakes, and to offer them. */

const READS = `
  COMMAND DBSIZE ECHO EXISTS EXPIRETIME GET GETRANGE INFO KEYS MGET OBJECT PEXPIRETIME PING PTTL
  RANDOMKEY ROLE SCAN STRLEN SUBSTR TIME TTL TYPE
`;
const OTHERS = `
  APPEND CLIENT COPY DECR DECRBY DEL DISCARD EXEC EXPIRE EXPIREAT FLUSHALL FLUSHDB GETDEL GETEX
  GETSET HELLO INCR INCRBY INCRBYFLOAT MSET MSETNX MULTI PERSIST PEXPIRE PEXPIREAT PSETEX RENAME
  RENAMENX RESET SELECT SET SETEX SETNX SETRANGE TOUCH UNLINK UNWATCH WATCH
`;

/** Sent again to another node when a connection breaks; everything else is sent once. */
const READ_WORDS: ReadonlySet<string> = new Set(READS.trim().split(/\s+/));

export const RESP_WORDS: readonly string[] = [...READ_WORDS, ...OTHERS.trim().split(/\s+/)].sort();

const KNOWN: ReadonlySet<string> = new Set(RESP_WORDS);

/** A known word in any case, or anything in capitals: the cluster then judges it. */
export function isRespWord(word: string): boolean {
  return KNOWN.has(word.toUpperCase()) || /^[A-Z][A-Z0-9_.-]+$/.test(word);
}

export function isReadWord(word: string): boolean {
  return READ_WORDS.has(word.toUpperCase());
}
