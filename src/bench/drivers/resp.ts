/** `SET` and `GET` of any server that speaks RESP. */
import { type Driver, KEY_DIGITS, type RequestShape, templateOf } from './driver.ts';
import { RespScanner } from './resp-scanner.ts';

export const RESP_DRIVER: Driver = {
  write: (shape) => {
    const size = Buffer.byteLength(shape.value);
    const before = `*3\r\n$3\r\nSET\r\n${keyHead(shape)}`;
    return templateOf(before, `\r\n$${size}\r\n${shape.value}\r\n`);
  },
  read: (shape) => templateOf(`*2\r\n$3\r\nGET\r\n${keyHead(shape)}`, '\r\n'),
  createScanner: () => new RespScanner(),
};

function keyHead({ keyPrefix }: RequestShape): string {
  return `$${Buffer.byteLength(keyPrefix) + KEY_DIGITS}\r\n${keyPrefix}`;
}
