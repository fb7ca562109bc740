/**
 * Writer of RESP replies as latin1 strings: a string is joined to others for free and becomes bytes
 * once, when the whole turn's replies of a connection are written.
 */

/** `+text`: a status, not a value. */
export class RespStatus {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `-CODE text`: starts with its code word. */
export class RespError {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Text for people: a verbatim string in RESP3, a bulk string in RESP2. */
export class RespText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Strings are bulk strings; a Map is a map in RESP3 and a flat array in RESP2. */
export type RespValue =
  | null
  | string
  | number
  | bigint
  | RespStatus
  | RespError
  | RespText
  | readonly RespValue[]
  | ReadonlyMap<string, RespValue>;

export const OK_REPLY = '+OK\r\n';

export function bulkReply(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

export function nullReply(resp3: boolean): string {
  return resp3 ? '_\r\n' : '$-1\r\n';
}

/** Line breaks would end the error early: they become blanks, as in Redis. */
export function errorReply(text: string): string {
  return `-${text.replace(/[\r\n]/g, ' ')}\r\n`;
}

export function encodeReply(value: RespValue, resp3: boolean): string {
  if (typeof value === 'string') return bulkReply(value);
  if (value === null) return nullReply(resp3);
  if (typeof value === 'number' || typeof value === 'bigint') return `:${value}\r\n`;
  if (value instanceof RespStatus) return `+${value.text}\r\n`;
  if (value instanceof RespError) return errorReply(value.text);
  if (value instanceof RespText) {
    return resp3 ? `=${value.text.length + 4}\r\ntxt:${value.text}\r\n` : bulkReply(value.text);
  }
  let text: string;
  if (value instanceof Map) {
    text = resp3 ? `%${value.size}\r\n` : `*${value.size * 2}\r\n`;
    for (const [key, item] of value) text += bulkReply(key) + encodeReply(item, resp3);
    return text;
  }
  const items = value as readonly RespValue[];
  text = `*${items.length}\r\n`;
  for (const item of items) text += encodeReply(item, resp3);
  return text;
}
