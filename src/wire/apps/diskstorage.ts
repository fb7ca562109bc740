/**
 * The diskstorage as seen from both sides of the log. It takes the kvstore's commands `set`, `del`
 * and `mset` and those of raft-demo's clients; a key is a decimal number, and names a slot of the
 * state file: SLOT_BYTES at key x SLOT_BYTES.
 */
import { KvError } from './kvstore.ts';

export const SLOT_BYTES = 1024;
/** A state file of 1 GiB. */
export const SLOTS = 1024 * 1024;
/** What lies in the slot of a key that was deleted. */
export const DELETED_BYTE = 32;
/** What raft-demo's diskstorage wrote in the place of every value. */
export const FILLER = '@'.repeat(SLOT_BYTES);

export const NOT_A_SLOT = new KvError('ERR a key of diskstorage is a decimal number');
export const NO_SUCH_SLOT = new KvError(`ERR key out of range: there are slots 0 to ${SLOTS - 1}`);
export const SLOT_TOO_SHORT = new KvError(
  `ERR a value of diskstorage has at most ${SLOT_BYTES} bytes`,
);
export const NOT_OF_DISKSTORAGE = new KvError(
  'ERR diskstorage knows SET without options, MSET, GET, DEL, EXISTS, STRLEN and DBSIZE',
);

/** @returns the slot, or why there is none. */
export function slotOf(key: string): number | KvError {
  if (!/^-?\d+$/.test(key)) return NOT_A_SLOT;
  const slot = Number(key);
  return slot >= 0 && slot < SLOTS && !key.startsWith('-') ? slot : NO_SUCH_SLOT;
}
