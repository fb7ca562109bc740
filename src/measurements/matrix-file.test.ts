import { expect, test } from 'vitest';
import { parseToml } from '../config/toml-file.ts';
import { type Matrix, planMatrix } from './matrix-file.ts';

async function matrix(text: string): Promise<Matrix> {
  return planMatrix(await parseToml(text, 'x.toml'));
}

const FILE = `
repeat = 3
targets = ["cluster:a", "resp://127.0.0.1:1"]
[bench]
duration = "1s"
keyMaximum = 50
[vary]
clients = [1, 50]
dataSize = ["64", "4KiB"]
`;

test('planMatrix() crosses targets and what is varied', async () => {
  const { cells } = await matrix(FILE);
  expect(cells).toHaveLength(8);
  expect(cells[3]).toEqual({
    target: 'resp://127.0.0.1:1',
    varied: { clients: '1', 'data-size': '4KiB' },
    input: { duration: '1s', 'key-maximum': 50, clients: '1', 'data-size': '4KiB' },
  });
});

test('planMatrix() has every cell in every round, in another order, the same from one seed', async () => {
  const { order } = await matrix(FILE);
  const rounds = [0, 8, 16].map((at) => order.slice(at, at + 8));
  for (const round of rounds) expect(round.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(new Set(rounds.map(String)).size).toBe(3);
  expect((await matrix(FILE)).order).toEqual(order);
  expect((await matrix(`seed = 2\n${FILE}`)).order).not.toEqual(order);
});

test.each([
  ['targets = []', 'line 1, key targets'],
  ['targets = ["a"]', 'line 1, key targets: a is neither cluster:NAME nor SCHEME://HOST:PORT'],
  ['target = ["cluster:a"]', 'key target: there is no such key'],
  [FILE.replace('keyMaximum', 'keyMaximun'), 'key-maximun 50: there is no such key'],
  [FILE.replace('[1, 50]', '[1, 0]'), 'clients "0": it is a number'],
  [`${FILE}duration = ["1s"]`, 'key vary.duration: it is in [bench] as well'],
  [`${FILE}seed = [${Array.from({ length: 2000 }, (_, i) => i)}]`, 'that is more than 10000 runs'],
])('planMatrix() refuses file %#', async (text, words) => {
  await expect(matrix(text)).rejects.toThrow(words);
});
