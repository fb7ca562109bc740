/**
 * `/set` and `/get` of goraft's kvapi, on its leader: any other node refuses both. A read goes
 * through the log, or, stale, is of the asked node's own map. A key that is not there is an error
 * of the server's, told from no other: write the keys first.
 */
import { type Driver, templateOf } from './driver.ts';
import { HttpScanner } from './http-scanner.ts';

export const KVAPI_DRIVER: Driver = {
  can: { scan: false, modify: false, stale: true, linearizable: true },
  answersBy: 'connection',
  answersWrites: 'committed',
  write: ({ host, keyPrefix, value }) =>
    templateOf(
      'decimal',
      `GET /set?key=${encodeURIComponent(keyPrefix)}`,
      `&value=${value} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    ),
  read: ({ host, keyPrefix, stale }) =>
    templateOf(
      'decimal',
      `GET /get?key=${encodeURIComponent(keyPrefix)}`,
      `${stale ? '&relaxed=true' : ''} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    ),
  createScanner: () => new HttpScanner(),
};
