import { expect, test } from 'vitest';
import { parseProcfile } from './procfile.ts';

const read = (text: string) => parseProcfile(text, 'Procfile');

test('parseProcfile() reads the lines that raftexample brings', () => {
  const text = `# Use goreman to run
raftexample1: ./raftexample --id 1 --cluster http://127.0.0.1:12379 --port 12380

  web: /usr/bin/kvapi --node 0 --http :2020 --cluster "0,:3030;1,:3031"
own: raftctl as hraftd 'my dir'/x
`;
  expect(read(text)).toEqual([
    {
      name: 'raftexample1',
      words: 'as raftexample --id 1 --cluster http://127.0.0.1:12379 --port 12380'.split(' '),
    },
    {
      name: 'web',
      words: ['as', 'kvapi', '--node', '0', '--http', ':2020', '--cluster', '0,:3030;1,:3031'],
    },
    { name: 'own', words: ['as', 'hraftd', 'my dir/x'] },
  ]);
});

test.each([
  ['a raftexample', 'Procfile:1: a line is NAME: COMMAND'],
  ['a: raftexample\na: raftexample', 'Procfile:2: a is there twice'],
  ['\na: sh -c x', 'Procfile:2: "sh" is none of the programs'],
  ['a: raftexample "x', 'Procfile:1: a quote does not end'],
  ['# nothing\n', 'Procfile names no process'],
  ['a:', 'Procfile:1: "" is none of the programs'],
])('parseProcfile() refuses %j', (text, why) => {
  expect(() => read(text)).toThrow(why);
});
