import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { contextOfRemote } from '../../config/contexts.ts';
import { type Explained, explainSettings, SETTINGS } from '../../config/settings.ts';
import { type ChosenKey, loadTopKeys } from '../../config/top-key-files.ts';
import { tableLines } from '../../std/table.ts';

/** NB: without `env:`, unlike everywhere else: this command tells the environment's part itself. */
const SETTING_FLAGS = Object.fromEntries(
  SETTINGS.map(({ flag, summary }) => [
    flag,
    Flags.string({ summary, helpValue: 'VALUE', hidden: true }),
  ]),
);

export default class ConfigExplain extends BaseCommand {
  static override summary = 'Show every setting, its value and where it comes from.';
  static override description =
    'The nearest wins: flags, environment (RAFTCTL_*), profile (-f), context, ./raftctl.toml, ' +
    '$XDG_CONFIG_HOME/raftctl/config.toml, /etc/raftctl/config.toml, defaults. Takes the flag of ' +
    'every setting with a value, to show what would hold with it. Keys of raftctl top that a file ' +
    'has changed ([tui.keys]) are listed too.';
  static override examples = [
    '<%= config.bin %> config explain',
    '<%= config.bin %> config explain --nodes 5 --json',
  ];
  static override flags = SETTING_FLAGS;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ConfigExplain);
    const rows = explainSettings(flags, process.env, this.fileSettings).map(withoutStandIn);
    const columns = [
      { title: 'SETTING', cell: (row: Explained) => row.key },
      { title: 'VALUE', cell: (row: Explained) => row.value },
      { title: 'FROM', cell: sourceText },
    ];
    for (const line of tableLines(columns, rows, this.paintOut)) this.print(line);
    const keys = await loadTopKeys({ env: process.env, cwd: process.cwd() });
    if (keys.length > 0) this.print();
    const shown = keys.length === 0 ? [] : tableLines(KEY_COLUMNS, keys, this.paintOut);
    for (const line of shown) this.print(line);
    return this.answer('config.explain', { settings: rows, keys });
  }
}

const KEY_COLUMNS = [
  { title: 'KEY OF TOP', cell: ({ action }: ChosenKey) => action },
  { title: 'VALUE', cell: ({ key }: ChosenKey) => key },
  { title: 'FROM', cell: ({ file, line }: ChosenKey) => `${file}:${line}` },
];

/** A context of addresses names no cluster. */
function withoutStandIn(row: Explained): Explained {
  const isStandIn = row.key === 'cluster' && contextOfRemote(row.value) !== null;
  return isStandIn ? { ...row, value: 'none of this machine' } : row;
}

function sourceText(row: Explained): string {
  if (row.source === 'env') return row.env;
  if (row.source === 'context') return `context ${row.context}`;
  return row.source === 'file' ? `${row.file}:${row.line}` : row.source;
}
