import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { loadFileSettings } from '../../config/config-files.ts';
import { type Explained, explainSettings, SETTINGS } from '../../config/settings.ts';
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
    'The nearest wins: flags, environment (RAFTCTL_*), profile (-f), ./raftctl.toml, ' +
    '$XDG_CONFIG_HOME/raftctl/config.toml, /etc/raftctl/config.toml, defaults. Takes the flag of ' +
    'every setting with a value, to show what would hold with it.';
  static override examples = [
    '<%= config.bin %> config explain',
    '<%= config.bin %> config explain --nodes 5 --json',
  ];
  static override flags = SETTING_FLAGS;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ConfigExplain);
    const files = await loadFileSettings({ env: process.env, cwd: process.cwd() });
    const rows = explainSettings(flags, process.env, files);
    const columns = [
      { title: 'SETTING', cell: (row: Explained) => row.key },
      { title: 'VALUE', cell: (row: Explained) => row.value },
      { title: 'FROM', cell: sourceText },
    ];
    for (const line of tableLines(columns, rows, this.paintOut)) this.print(line);
    return this.answer('config.explain', { settings: rows });
  }
}

function sourceText(row: Explained): string {
  if (row.source === 'env') return row.env;
  return row.source === 'file' ? `${row.file}:${row.line}` : row.source;
}
