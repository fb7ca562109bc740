/** `SET` and `GET` of any server that speaks RESP. */
import { type Driver, KEY_DIGITS, type RequestShape, templateOf } from './driver.ts';
import { RespScanner } from './resp-scanner.ts';

export const RESP_DRIVER: Driver = {
  can: { scan: true, modify: true, stale: false, linearizable: true },
  answersBy: 'connection',
  answersWrites: 'committed',
  write: (shape) => {
    const size = Buffer.byteLength(shape.value);
    const [words, end] = shape.modify ? [4, '$3\r\nGET\r\n'] : [3, ''];
    const before = `*${words}\r\n$3\r\nSET\r\n${keyHead(shape)}`;
    return templateOf('decimal', before, `\r\n$${size}\r\n${shape.value}\r\n${end}`);
  },
  read: (shape) => {
    const { scanLength } = shape;
    if (scanLength === 1)
      return templateOf('decimal', `*2\r\n$3\r\nGET\r\n${keyHead(shape)}`, '\r\n');
    const between = `\r\n${keyHead(shape)}`;
    const betweens = Array.from({ length: scanLength - 1 }, () => between);
    const first = `*${scanLength + 1}\r\n$4\r\nMGET\r\n${keyHead(shape)}`;
    return templateOf('decimal', first, ...betweens, '\r\n');
  },
  createScanner: () => new RespScanner(),
};

function keyHead({ keyPrefix }: RequestShape): string {
  return `$${Buffer.byteLength(keyPrefix) + KEY_DIGITS}\r\n${keyPrefix}`;
}
