import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { roffFaults } from '../../../test/doubles/roff-page.ts';
import type { Manifest } from '../complete.ts';
import { EXIT_MEANINGS } from '../exit-meanings.ts';
import { manual } from './manual.ts';
import { escaped, textLine } from './roff.ts';

const MANIFEST: Manifest = {
  'cluster:up': {
    id: 'cluster:up',
    summary: 'Start a cluster.',
    description: '.dots, \\back-slashes, "quotes" and µs. \'Second\' sentence: \\fBnot bold\\fR.',
    aliases: ['boot'],
    args: { name: { name: 'name', description: 'Its name.', default: 'local' } },
    flags: {
      fsync: {
        ...{ name: 'fsync', char: 'f', type: 'option', options: ['always', 'none'] },
        summary: 'When. [default: always]',
        env: 'RAFTCTL_FSYNC',
      },
      dir: { name: 'dir', type: 'option', noCacheDefault: true, env: 'RAFTCTL_DIR', summary: 'X.' },
      wait: { name: 'wait', type: 'boolean', allowNo: true, summary: "'Tis waiting." },
      secret: { name: 'secret', type: 'boolean', hidden: true },
      json: { name: 'json', type: 'boolean', helpGroup: 'GLOBAL', description: 'As JSON.' },
    },
    examples: ["<%= config.bin %> cluster up '~x' ^y `z`"],
  },
  'cluster:down': { id: 'cluster:down', summary: 'Stop.', usage: 'cluster down [NAME...]' },
  version: { id: 'version', summary: 'Print.' },
  inner: { id: 'inner', hidden: true },
};

const PAGES = manual({
  manifest: MANIFEST,
  topics: new Map([['cluster', 'Clusters.']]),
  version: '1.2.3',
  date: '2026-01-31',
});

function pageOf(name: string): string {
  return PAGES.find((page) => page.name === name)?.text ?? '';
}

test('manual() has raftctl(1) and a page of each command that is shown', () => {
  expect(PAGES.map(({ name }) => name)).toEqual([
    ...['raftctl', 'raftctl-cluster-down', 'raftctl-cluster-up', 'raftctl-version'],
  ]);
  // A command that says no more of itself has nothing to describe but its summary.
  for (const { name, text } of PAGES) expect([name, roffFaults(text)]).toEqual([name, []]);
});

test('manual() says what a command says of itself', () => {
  const page = pageOf('raftctl-cluster-up');
  expect(page).toMatch(/^\.TH "RAFTCTL\\-CLUSTER\\-UP" "1" "2026-01-31" "raftctl 1\.2\.3" "/);
  expect(page).toContain('\nraftctl\\-cluster\\-up \\- start a cluster\n');
  expect(page).toContain('\\fBraftctl cluster up\\fR [\\fINAME\\fR] [\\fIOPTION\\fR]...');
  expect(page).toContain('.TP\n\\fB\\-f\\fR, \\fB\\-\\-fsync\\fR \\fIalways|none\\fR\nWhen.\n');
  expect(page).toContain('By default always.\nEnvironment: RAFTCTL_FSYNC.\n');
  expect(page).toContain('By default $XDG_DATA_HOME/raftctl/clusters.\n');
  expect(page).toContain('\\fB\\-\\-[no\\-]wait\\fR\n\\(aqTis waiting.\n');
  expect(page).toContain('Also: raftctl boot.');
  expect(page).not.toContain('secret');
  expect(page).toContain('.nf\nraftctl cluster up \\(aq\\(tix\\(aq \\(hay \\(gaz\\(ga\n.fi\n');
  expect(page).toMatch(
    /SEE ALSO"\n\\fBraftctl\\fR\(1\),\n\\fBraftctl\\-cluster\\-down\\fR\(1\)\n$/,
  );
  expect(pageOf('raftctl-cluster-down')).toContain('\\fBraftctl cluster down\\fR [NAME...]\n');
});

test('textLine() keeps text from being taken for requests and escapes', () => {
  expect(textLine('.dots')).toBe('\\&.dots');
  expect(textLine("'tis\n a-b  c")).toBe('\\(aqtis a\\-b c');
  expect(escaped('\\fB µs€ \u0007')).toBe('\\efB \\[u00B5]s\\[u20AC] ');
});

test('roffFaults() finds what roff would stumble over', () => {
  const good = pageOf('raftctl-version');
  for (const wrong of ['.dots\n', "'tis\n", 'a-b\n', '\\x\n', 'µ\n', '\n', '.TP\n.TP\nx\n']) {
    expect(roffFaults(good + wrong), wrong).not.toEqual([]);
  }
});

test('EXIT_MEANINGS are those of docs/errors.md', () => {
  const path = fileURLToPath(new URL('../../../docs/errors.md', import.meta.url));
  const rows = readFileSync(path, 'utf8').matchAll(/^\| (\d+) \| (.*) \|$/gm);
  expect([...EXIT_MEANINGS]).toEqual([...rows].map(([, code, text]) => [Number(code), text]));
});
