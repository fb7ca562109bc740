import { afterEach, beforeEach, expect, test } from 'vitest';
import { RespStore } from '../../test/doubles/resp-store.ts';
import { KEY_DIGITS } from './drivers/driver.ts';
import { type KeyWrites, Ledger } from './ledger.ts';
import { LoadGenerator } from './load-generator.ts';
import { bodyOf, stampIn } from './read-back.ts';
import { RunClock } from './run-clock.ts';
import { newMark } from './values.ts';
import { type Verification, verifyWrites } from './verify.ts';
import { resolveWorkload, type Workload } from './workload.ts';

let store: RespStore;

beforeEach(async () => {
  store = await RespStore.open();
});
afterEach(async () => {
  await store.close();
});

const MARK = newMark(5);

interface Written {
  readonly workload: Workload;
  readonly writes: readonly KeyWrites[];
}

/** Keys 0 to 9, each with one write after the other. */
async function written(): Promise<Written> {
  const keys = { 'key-pattern': 'seq', 'key-maximum': 10, ratio: '1:0', requests: 100 };
  const more = { 'data-size-list': '40:1,90:1', clients: 2, workers: 1, timeout: '1s' };
  const workload = resolveWorkload({ ...keys, ...more, verify: true });
  const ledger = new Ledger({ mark: MARK, worker: 0, workers: 1, stride: 1 });
  const clock = new RunClock(process.hrtime.bigint());
  let onDone = (): void => {};
  const done = new Promise<void>((resolve) => {
    onDone = resolve;
  });
  const targets = [{ address: store.address }];
  const generator = new LoadGenerator({ workload, targets, clock, ledger, onDone, worker: 0 });
  await generator.connect();
  generator.start(clock.now());
  await done;
  generator.close();
  return { workload, writes: ledger.entries() };
}

function verified({ workload, writes }: Written, address = store.address): Promise<Verification> {
  const { signal } = new AbortController();
  const targets = [{ address }];
  return verifyWrites({ workload, targets, mark: MARK, writes: [writes], signal });
}

const nameOf = (key: number): string => `key:${String(key).padStart(KEY_DIGITS, '0')}`;

test('verifyWrites() finds every key as it was written', async () => {
  const result = await verified(await written());
  expect(result).toMatchObject({ keys: 10, sound: 10, lost: [], unjudged: 0, unread: 0 });
  expect(store.values.get(nameOf(9))).toMatch(new RegExp(`^${MARK}0{10}(\\d\\d)\\w+$`));
});

test('verifyWrites() tells what is missing, older, of somebody else, or damaged', async () => {
  const run = await written();
  const [older, foreign, damaged] = [nameOf(1), nameOf(2), nameOf(3)];
  store.values.delete(nameOf(0));
  const kept = (key: string): string => store.values.get(key) ?? '';
  store.values.set(older, kept(older).replace(/^(.{9})\d{12}/, `$1${'1'.padStart(12, '0')}`));
  store.values.set(foreign, 'what nobody here wrote');
  store.values.set(damaged, kept(damaged).slice(0, -1));
  const result = await verified(run);
  expect(result).toMatchObject({ sound: 6, missing: 1, older: 1, foreign: 1, damaged: 1 });
  const found = Object.fromEntries(result.lost.map((one) => [one.key, one.found]));
  expect(found).toEqual({
    [nameOf(0)]: 'missing',
    [older]: 'older',
    [foreign]: 'foreign',
    [damaged]: 'damaged',
  });
  expect(result.lost.find(({ key }) => key === older)?.stamp).toBe(1);
});

test('verifyWrites() says what nobody answered for', async () => {
  const run = await written();
  const writes = run.writes.slice(0, 2);
  const result = await verified({ ...run, writes }, '127.0.0.1:9');
  expect(result).toMatchObject({ keys: 2, sound: 0, unread: 2, lost: [] });
});

test('stampIn() reads a number through HTTP, chunks and base64', () => {
  const value = `${MARK}000000000042`;
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const coded = Buffer.from(`${value}filler`).toString('base64');
  const body = `{"value":"${coded}"}`;
  const sizes = [10, body.length - 10].map((size) => size.toString(16));
  const chunks = `${sizes[0]}\r\n${body.slice(0, 10)}\r\n${sizes[1]}\r\n${body.slice(10)}\r\n0\r\n\r\n`;
  expect(bodyOf(head + chunks)).toBe(body);
  expect(stampIn(body, MARK)).toBe(42);
  expect(stampIn(`$21\r\n${value}\r\n`, MARK)).toBe(42);
  expect(stampIn('$5\r\nother\r\n', MARK)).toBeNull();
});
