/** `POST /key` and `GET /key/<k>` of a raftctl node: the routes that hraftd introduced. */
import { type Driver, KEY_DIGITS, templateOf } from './driver.ts';
import { HttpScanner } from './http-scanner.ts';

export const HTTP_DRIVER: Driver = {
  can: { scan: false, modify: false, stale: false, linearizable: true },
  answersBy: 'connection',
  answersWrites: 'committed',
  write: ({ host, keyPrefix, value, bearer }) => {
    const bodyHead = `{${JSON.stringify(keyPrefix).slice(0, -1)}`;
    const bodyTail = `":${JSON.stringify(value)}}`;
    const size = Buffer.byteLength(bodyHead) + KEY_DIGITS + Buffer.byteLength(bodyTail);
    const head =
      `POST /key HTTP/1.1\r\nHost: ${host}\r\n${headerOf(bearer)}` +
      `Content-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`;
    return templateOf('decimal', head + bodyHead, bodyTail);
  },
  read: ({ host, keyPrefix, bearer }) =>
    templateOf(
      'decimal',
      `GET /key/${encodeURIComponent(keyPrefix)}`,
      ` HTTP/1.1\r\nHost: ${host}\r\n${headerOf(bearer)}\r\n`,
    ),
  createScanner: () => new HttpScanner(),
};

function headerOf(bearer: string | undefined): string {
  return bearer === undefined ? '' : `Authorization: Bearer ${bearer}\r\n`;
}
