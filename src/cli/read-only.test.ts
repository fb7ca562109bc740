import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CHANGING_COMMANDS, changesCluster } from './read-only.ts';

/** They look, or make what is theirs alone: files, clusters that end with them, older programs. */
const HARMLESS = `
  as bench:export bench:hist:merge bench:list bench:report bench:show bench:tag
  cheat check:linearizability cluster:bundle cluster:doctor cluster:health cluster:ls cluster:status
  cluster:wait completion config:explain config:lint config:path context:delete context:list
  context:set context:show context:use demo deploy:k8s deploy:raft-demo elections:explain
  elections:list elections:timeline experiment:report experiment:run help inspect kv:get kv:list
  leader:show log:dump log:recover man member:list monit node:logs node:run node:status node:wait
  profile:allocs profile:cpu profile:diff profile:flame profile:heap profile:top schema shell sim
  sim:mutants sim:report sim:shrink snapshot:inspect snapshot:list snapshot:save tls:show top
  version
`;

test('changesCluster() has been asked about every command', () => {
  const folder = fileURLToPath(new URL('../commands', import.meta.url));
  const ids = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replace('.ts', '').replaceAll(/[\\/]/g, ':'));
  const judged = [...CHANGING_COMMANDS, ...HARMLESS.trim().split(/\s+/)];
  expect(judged.sort()).toEqual(ids.sort());
});

test.each([
  ['node:kill', ['n1'], true],
  ['member:remove', ['n1'], true],
  ['member:remove', ['n1', '--dry-run'], false],
  ['trace', ['key'], true],
  ['trace', ['key', '--read'], false],
  ['bench:compare', ['a', 'b', '--runs-dir=/x:y'], false],
  ['bench:compare', ['a', 'cluster:demo'], true],
  ['cluster:watch', ['demo'], false],
  ['cluster:watch', ['demo', '--safety'], true],
  ['cluster:watch', ['demo', '--safety', '--no-freeze'], false],
  ['kv:get', ['a'], false],
])('changesCluster(%j, %j)', (id, argv, expected) => {
  expect(changesCluster(id, argv)).toBe(expected);
});
