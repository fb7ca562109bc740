/**
 * `put` and `range` of etcd v3 through its JSON gateway: HTTP/1.1 that stays open. A client of gRPC
 * in JavaScript takes more of the machine for a request than the server that is to be measured; the
 * gateway's own cost, a conversion inside of etcd, is part of what is measured here.
 *
 * Keys travel as base64, where three digits of a key's number are four characters: with a prefix
 * whose length is a multiple of three, they lie where they can be put in.
 */
import { type Driver, type RequestShape, type Template, templateOf } from './driver.ts';
import { HttpScanner } from './http-scanner.ts';

/** A range that found nothing is its header alone. */
const NOTHING_FOUND = '"}}';

export const ETCD_DRIVER: Driver = {
  can: { scan: false, modify: true, stale: true, linearizable: true },
  answersBy: 'connection',
  answersWrites: 'committed',
  write: (shape) => {
    const value = Buffer.from(shape.value).toString('base64');
    const previous = shape.modify ? ',"prev_kv":true' : '';
    return post('put', shape, `","value":"${value}"${previous}}`);
  },
  read: (shape) => post('range', shape, `"${shape.stale ? ',"serializable":true' : ''}}`),
  createScanner: () => new HttpScanner(NOTHING_FOUND),
};

function post(verb: string, { host, keyPrefix }: RequestShape, bodyTail: string): Template {
  const prefix = Buffer.from(keyPrefix);
  const aligned = Buffer.concat([prefix, Buffer.alloc((3 - (prefix.length % 3)) % 3, '.')]);
  const bodyHead = `{"key":"${aligned.toString('base64')}`;
  const size = bodyHead.length + 16 + Buffer.byteLength(bodyTail);
  const head =
    `POST /v3/kv/${verb} HTTP/1.1\r\nHost: ${host}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`;
  return templateOf('base64', head + bodyHead, bodyTail);
}
