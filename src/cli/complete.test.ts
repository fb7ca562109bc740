import { expect, test } from 'vitest';
import { complete, type Manifest } from './complete.ts';
import type { LocalNames } from './local-names.ts';

const NAMES: LocalNames = {
  clusters: () => ['demo', 'deep'],
  nodes: (cluster) => (cluster === 'deep' ? ['n1'] : ['n1', 'n2']),
  profiles: () => ['local-3'],
  runs: () => ['last', '01AB'],
  contexts: () => ['shop'],
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
  'node:kill': {
    id: 'node:kill',
    flags: { cluster: CLUSTER, context: { name: 'context', type: 'option' } },
  },
  'context:use': { id: 'context:use' },
  'context:delete': { id: 'context:delete' },
  'node:restart': {
    id: 'node:restart',
    flags: { wait: { name: 'wait', type: 'boolean', allowNo: true } },
  },
  'leader:transfer': { id: 'leader:transfer', flags: { cluster: CLUSTER } },
  completion: { id: 'completion', args: { shell: { name: 'shell', options: ['bash', 'zsh'] } } },
  help: { id: 'help' },
  schema: { id: 'schema' },
  'check:linearizability': {
    id: 'check:linearizability',
    flags: { html: { name: 'html', type: 'option' } },
    args: { history: { name: 'history' } },
  },
  bench: { id: 'bench', flags: { clients: { name: 'clients', type: 'option' } } },
  'bench:show': { id: 'bench:show' },
  'bench:hist:merge': { id: 'bench:hist:merge' },
  inner: { id: 'inner', hidden: true },
};

function words(line: string): string[] {
  return complete(line.split(' '), MANIFEST, NAMES).candidates.map(({ word }) => word);
}

test.each([
  ['', ['cluster', 'node', 'context', 'leader', 'completion', 'help', 'schema', 'check', 'bench']],
  ['leader transfer ', ['n1', 'n2']],
  ['clu', ['cluster']],
  ['context use ', ['shop', 'none']],
  ['context delete ', ['shop']],
  ['node kill --context ', ['shop', 'none']],
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
  ['bench ', ['show', 'hist']],
  ['bench hist ', ['merge']],
  ['bench show ', ['last', '01AB']],
  ['bench --cl', ['--clients']],
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
