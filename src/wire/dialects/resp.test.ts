import { describe, expect, it } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { Prng } from '../../std/prng.ts';
import { RESP_LIMITS, RespParser } from './resp.ts';

/** Everything a parser makes of the chunks: commands as arrays, an error as its text. */
function parseAll(chunks: readonly Buffer[]): (string[] | string)[] {
  const parser = new RespParser();
  const found: (string[] | string)[] = [];
  for (const chunk of chunks) {
    parser.feed(chunk);
    while (true) {
      const step = parser.next();
      if (step === 'more') break;
      if (step === 'error') {
        found.push(parser.error);
        return found;
      }
      found.push(Array.from({ length: parser.argCount }, (_, i) => parser.arg(i)));
    }
  }
  return found;
}

function parseText(text: string): (string[] | string)[] {
  return parseAll([bytesFrom(text, 'latin1')]);
}

const STREAM = [
  '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n',
  '*0\r\n',
  '*-1\r\n',
  'PING\r\n',
  '\r\n',
  'set "a b" \'it\\\'s\' "\\x41\\n"\n',
  '*1\r\n$0\r\n\r\n',
  '*2\r\n$3\r\nGET\r\n$11\r\nkey\r\n*1\r\n$\xff\r\n',
].join('');

const STREAM_COMMANDS = [
  ['SET', 'k', 'a\r\n\0b'],
  ['PING'],
  ['set', 'a b', "it's", 'A\n'],
  [''],
  ['GET', 'key\r\n*1\r\n$\xff'],
];

/** Parses to the end or to an error, and looks at what the parser claims on the way. */
function parseMutant(chunks: readonly Buffer[]): void {
  const parser = new RespParser();
  let fed = 0;
  for (const chunk of chunks) {
    fed += chunk.length;
    parser.feed(chunk);
    let step = parser.next();
    while (step === 'command') {
      for (let i = 0; i < parser.argCount; i += 1) {
        if (parser.argSize(i) < 0 || parser.argSize(i) > fed) throw new Error('argument size');
      }
      step = parser.next();
    }
    if (parser.unparsedBytes < 0 || parser.unparsedBytes > fed) throw new Error('unparsed');
    if (step === 'error') return;
  }
}

describe('RespParser', () => {
  it('finds multibulk and inline commands in one stream', () => {
    expect(parseText(STREAM)).toEqual(STREAM_COMMANDS);
  });

  it('finds the same when the stream is cut at any byte', () => {
    const bytes = bytesFrom(STREAM, 'latin1');
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(parseAll([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(STREAM_COMMANDS);
    }
  });

  it('finds the same when single bytes arrive', () => {
    const bytes = bytesFrom(STREAM, 'latin1');
    const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    expect(parseAll(single)).toEqual(STREAM_COMMANDS);
  });

  it('gives a command back with unread, also when more arrives before the next look', () => {
    for (const first of ['GET a\r\n', '*2\r\n$3\r\nGET\r\n$1\r\na\r\n']) {
      const parser = new RespParser();
      parser.feed(bytesFrom(`PING\r\n${first}*2\r\n$3\r\nG`));
      expect(parser.next()).toBe('command');
      expect(parser.next()).toBe('command');
      parser.unread();
      parser.feed(bytesFrom('ET\r\n$1\r\nb\r\n'));
      expect(parser.next()).toBe('command');
      expect(parser.arg(1)).toBe('a');
      expect(parser.next()).toBe('command');
      expect(parser.arg(1)).toBe('b');
      expect(parser.next()).toBe('more');
      expect(parser.unparsedBytes).toBe(0);
    }
  });

  it.each([
    ['*2147483648\r\n', 'Protocol error: invalid multibulk length'],
    ['*65537\r\n', 'Protocol error: invalid multibulk length'],
    ['*99999999999999999999\r\n', 'Protocol error: invalid multibulk length'],
    ['*abc\r\n', 'Protocol error: invalid multibulk length'],
    ['*\r\n', 'Protocol error: invalid multibulk length'],
    ['*01\r\n', 'Protocol error: invalid multibulk length'],
    ['*1\r\nPING\r\n', "Protocol error: expected '$', got 'P'"],
    ['*1\r\n$-1\r\n', 'Protocol error: invalid bulk length'],
    ['*1\r\n$1048577\r\n', 'Protocol error: invalid bulk length'],
    ['*1\r\n$2147483648\r\n', 'Protocol error: invalid bulk length'],
    ['*1\r\n$4\r\nPINGxx', 'Protocol error: bulk not followed by CRLF'],
    ['set "a\r\n', 'Protocol error: unbalanced quotes in request'],
    ['set "a"b\r\n', 'Protocol error: unbalanced quotes in request'],
    ['x'.repeat(RESP_LIMITS.inlineBytes + 1), 'Protocol error: too big inline request'],
    [`${'x'.repeat(RESP_LIMITS.inlineBytes + 1)}\r\n`, 'Protocol error: too big inline request'],
  ])('refuses %j', (text, error) => {
    expect(parseText(text.length > 100 ? text : `PING\r\n${text}`).at(-1)).toBe(error);
  });

  it('takes a bulk and a number of arguments right at their limits', () => {
    const value = 'v'.repeat(RESP_LIMITS.bulkBytes);
    const big = bytesFrom(`*2\r\n$4\r\nECHO\r\n$${value.length}\r\n${value}\r\n`, 'latin1');
    const chunks: Buffer[] = [];
    for (let at = 0; at < big.length; at += 65_536) chunks.push(big.subarray(at, at + 65_536));
    expect(parseAll(chunks)).toEqual([['ECHO', value]]);
    const many = `*${RESP_LIMITS.args}\r\n${'$1\r\nx\r\n'.repeat(RESP_LIMITS.args)}`;
    expect(parseText(many)[0]).toHaveLength(RESP_LIMITS.args);
  });

  it('refuses a request of many arguments before it is over the limit on its bytes', () => {
    const parser = new RespParser();
    const bulk = bytesFrom(`$${RESP_LIMITS.bulkBytes}\r\n${'v'.repeat(RESP_LIMITS.bulkBytes)}\r\n`);
    parser.feed(bytesFrom('*100\r\n'));
    let step = parser.next();
    let bulks = 0;
    while (step === 'more') {
      parser.feed(bulk);
      bulks += 1;
      step = parser.next();
    }
    expect(step).toBe('error');
    expect(parser.error).toBe('Protocol error: too big request');
    expect(bulks * RESP_LIMITS.bulkBytes).toBeLessThanOrEqual(RESP_LIMITS.requestBytes + 2 ** 20);
  });

  it('stays linear when a request of 65,536 arguments arrives in small pieces', () => {
    const bytes = bytesFrom(`*65536\r\n${'$1\r\nx\r\n'.repeat(65_536)}`);
    const parser = new RespParser();
    const began = performance.now();
    let commands = 0;
    for (let at = 0; at < bytes.length; at += 3) {
      parser.feed(bytes.subarray(at, at + 3));
      if (parser.next() === 'command') commands += 1;
    }
    expect(commands).toBe(1);
    // Parsed from its start for every piece it would be ten thousand times as much.
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('never throws and never holds more than it got, whatever the bytes (300,000 mutants)', () => {
    const random = new Prng(20_261_121);
    const seed = bytesFrom(STREAM, 'latin1');
    const telling = bytesFrom('*$\r\n-0123456789"\'\\x \0', 'latin1');
    const mutant = Buffer.from(seed);
    for (let run = 0; run < 300_000; run += 1) {
      seed.copy(mutant);
      for (let i = random.between(1, 4); i > 0; i -= 1) {
        const byte = random.chance(0.7) ? random.pick([...telling]) : random.u32() & 0xff;
        mutant[random.between(0, mutant.length - 1)] = byte;
      }
      const cut = random.between(0, mutant.length);
      parseMutant([mutant.subarray(0, cut), mutant.subarray(cut)]);
    }
  });
});
