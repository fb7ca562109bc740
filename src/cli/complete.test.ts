import { expect, test } from 'vitest';
import { complete, type Manifest } from './complete.ts';
import type { LocalNames } from './local-names.ts';

const NAMES: LocalNames = {
  clusters: () => ['demo', 'deep'],
  nodes: (cluster) => (cluster === 'deep' ? ['n1'] : ['n1', 'n2']),
  profiles: () => ['local-3'],
};
const CLUSTER = { name: 'cluster', type: 'option' };
const MANIFEST: Manifest = {
  'cluster:up': {
    id: 'cluster:up',
    summary: 'Start.',
    flags: {
      fsync: { name: 'fsync', type: 'option', options: ['always', 'none'], summary: 'When.' },
      profile: { name: 'profile', char: 'f', type: 'option' },
      detach: { name: 'detach', char: 'd', type: 'boolean' },
      secret: { name: 'secret', type: 'boolean', hidden: true },
    },
  },
  'cluster:wait': { id: 'cluster:wait', flags: { for: { name: 'for', type: 'option' } } },
  'node:kill': { id: 'node:kill', flags: { cluster: CLUSTER } },
  'node:restart': {
    id: 'node:restart',
    flags: { wait: { name: 'wait', type: 'boolean', allowNo: true } },
  },
  'leader:transfer': { id: 'leader:transfer', flags: { cluster: CLUSTER } },
  completion: { id: 'completion', args: { shell: { options: ['bash', 'zsh'] } } },
  help: { id: 'help' },
  schema: { id: 'schema' },
  'check:linearizability': {
    id: 'check:linearizability',
    flags: { html: { name: 'html', type: 'option' } },
    args: { history: {} },
  },
  inner: { id: 'inner', hidden: true },
};

function words(line: string): string[] {
  return complete(line.split(' '), MANIFEST, NAMES).candidates.map(({ word }) => word);
}

test.each([
  ['', ['cluster', 'node', 'leader', 'completion', 'help', 'schema', 'check']],
  ['leader transfer ', ['n1', 'n2']],
  ['clu', ['cluster']],
  ['cluster ', ['up', 'wait']],
  ['cluster u', ['up']],
  ['cluster up de', ['demo', 'deep']],
  ['cluster up --', ['--fsync', '--profile', '--detach', '--help']],
  ['cluster up --fsync ', ['always', 'none']],
  ['cluster up --fsync=n', ['--fsync=none']],
  ['cluster up --fsync = n', ['none']],
  ['cluster up --fsync =', ['always', 'none']],
  ['cluster up -f l', ['local-3']],
  ['cluster up -d de', ['demo', 'deep']],
  ['cluster wait --for he', ['healthy']],
  ['node kill ', ['n1', 'n2']],
  ['node kill --cluster deep ', ['n1']],
  ['node kill --cluster=deep ', ['n1']],
  ['node restart --no', ['--no-wait']],
  ['completion ', ['bash', 'zsh']],
  ['help clu', ['cluster']],
  ['help cluster w', ['wait']],
  ['schema cluster w', ['wait']],
  ['schema --all clu', ['cluster']],
  ['nonsense ', []],
  ['cluster up --nothing=x', []],
])('complete() offers for %j', (line, expected) => {
  expect(words(line)).toEqual(expected);
});

test('complete() explains what it offers, and asks for files where they fit', () => {
  const [first] = complete(['cluster', 'u'], MANIFEST, NAMES).candidates;
  expect(first).toEqual({ word: 'up', about: 'Start.' });
  expect(complete(['cluster', 'up', '-f', ''], MANIFEST, NAMES).takesFiles).toBe(true);
  expect(complete(['cluster', 'up', ''], MANIFEST, NAMES).takesFiles).toBe(false);
  const check = ['check', 'linearizability'];
  expect(complete([...check, ''], MANIFEST, NAMES).takesFiles).toBe(true);
  expect(complete([...check, 'h.edn', '--html', ''], MANIFEST, NAMES).takesFiles).toBe(true);
});
