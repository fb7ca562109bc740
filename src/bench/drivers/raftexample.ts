/**
 * `PUT /<k>` and `GET /<k>` of etcd's raftexample. A write is answered before it is committed, and
 * a read is of the asked node's own state: what is measured is how fast proposals are taken in.
 */
import { type Driver, templateOf } from './driver.ts';
import { HttpScanner } from './http-scanner.ts';

export const RAFTEXAMPLE_DRIVER: Driver = {
  can: { scan: false, modify: false, stale: true, linearizable: false },
  answersBy: 'connection',
  answersWrites: 'taken',
  write: ({ host, keyPrefix, value }) =>
    templateOf(
      'decimal',
      `PUT /${encodeURIComponent(keyPrefix)}`,
      ` HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${Buffer.byteLength(value)}\r\n\r\n${value}`,
    ),
  read: ({ host, keyPrefix }) =>
    templateOf(
      'decimal',
      `GET /${encodeURIComponent(keyPrefix)}`,
      ` HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    ),
  createScanner: () => new HttpScanner(),
};
