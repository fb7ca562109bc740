import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RespError } from '../client/resp-reply.ts';
import { completeLine } from './completer.ts';
import { HISTORY_LINES_MAX, historyFile, loadHistory, saveHistory } from './history.ts';
import { jsonReply, rawReply, replyLines } from './reply-text.ts';
import { isReadWord, isRespWord } from './resp-words.ts';
import { wordsOf } from './words.ts';

test('replyLines() prints as redis-cli does', () => {
  expect(replyLines('OK')).toEqual(['OK']);
  expect(replyLines(3)).toEqual(['(integer) 3']);
  expect(replyLines(null)).toEqual(['(nil)']);
  expect(replyLines(new RespError('ERR no'))).toEqual(['(error) ERR no']);
  expect(replyLines(Buffer.from('a"\\\n\x00\xff', 'latin1'))).toEqual(['"a\\"\\\\\\n\\x00\\xff"']);
  expect(replyLines([])).toEqual(['(empty array)']);
  const many = [...Array.from({ length: 9 }, () => 0), [Buffer.from('x'), [null]], 1];
  expect(replyLines(many).slice(8)).toEqual([
    ' 9) (integer) 0',
    '10) 1) "x"',
    '    2) 1) (nil)',
    '11) (integer) 1',
  ]);
});

test('rawReply() prints the bytes alone, and jsonReply() loses none', () => {
  const bytes = Buffer.from([0xff, 0]);
  expect(rawReply([bytes, 1, null, 'OK'])).toEqual(Buffer.from('\xff\0\n1\n\nOK\n', 'latin1'));
  expect(jsonReply([bytes, Buffer.from('é'), 1, null])).toEqual([{ base64: '/wA=' }, 'é', 1, null]);
});

test('wordsOf() splits by quotes, keeps bytes, and says when quotes do not balance', () => {
  expect(wordsOf('SET a "x y\\x00"')?.map(String)).toEqual(['SET', 'a', 'x y\0']);
  expect(wordsOf("a 'b\\'c'")?.map(String)).toEqual(['a', "b'c"]);
  expect(wordsOf('SET a "x')).toBeNull();
  expect(wordsOf('   ')).toEqual([]);
});

test('isRespWord() takes known words in any case and unknown ones in capitals', () => {
  expect(['get', 'GET', 'LPUSH', 'clustr', 'lpush'].map(isRespWord)).toEqual([
    ...[true, true, true, false, false],
  ]);
  expect([isReadWord('get'), isReadWord('set'), isReadWord('NEW')]).toEqual([true, false, false]);
});

test('saveHistory() keeps the newest lines to itself, in a file of its owner', () => {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-history-'));
  try {
    const path = historyFile(join(folder, 'deep', 'raftctl'));
    expect(loadHistory(path)).toEqual([]);
    const newestFirst = Array.from({ length: HISTORY_LINES_MAX + 5 }, (_, i) => `line ${i}`);
    expect(saveHistory(path, newestFirst)).toBe(true);
    expect(loadHistory(path)).toEqual(newestFirst.slice(0, HISTORY_LINES_MAX));
    expect(readFileSync(path, 'utf8').endsWith('line 0\n')).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(saveHistory('/dev/null/x/y', ['a'])).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const NAMES = {
  clusters: () => ['demo', 'other'],
  nodes: (cluster: string | null) => (cluster === 'demo' ? ['n1', 'n2'] : []),
  profiles: () => [],
  runs: () => [],
  contexts: () => ['shop'],
};
const MANIFEST = {
  'node:kill': { id: 'node:kill' },
  'cluster:up': { id: 'cluster:up' },
  'cluster:down': { id: 'cluster:down' },
};

test.each([
  ['clu', ['cluster ']],
  ['cluster ', ['down', 'up']],
  ['raftctl cluster u', ['up ']],
  ['node kill n', ['n1', 'n2']],
  ['use o', ['other ']],
  ['GETR', ['GETRANGE ']],
  ['getr', ['getrange ']],
  ['us', ['use ']],
])('completeLine() offers for %j', (line, expected) => {
  const [hits, typed] = completeLine(line, MANIFEST, NAMES, 'demo');
  expect(hits).toEqual(expected);
  expect(line.endsWith(typed)).toBe(true);
});
