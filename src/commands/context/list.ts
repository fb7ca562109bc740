import { BaseCommand } from '../../cli/base-command.ts';
import { type ContextRow, reachText, rowOf } from '../../cluster/context-store.ts';
import { chosenName, loadContexts } from '../../config/contexts.ts';
import { tableLines } from '../../std/table.ts';

export default class ContextList extends BaseCommand {
  static override summary = 'List the contexts; * marks the one that holds.';
  static override description =
    'A context is a saved way to reach a cluster: one of this machine, or addresses of nodes with ' +
    'what they are shown. It counts where a command is not told otherwise.';
  static override examples = ['<%= config.bin %> context list'];

  /** A choice that is wrong must not stand in the way of another. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ContextList);
    const contexts = await loadContexts(process.env);
    const current = chosenName(contexts, flags.context ?? null, process.env);
    const rows = await Promise.all(
      [...contexts.byName.values()].map((context) => rowOf(context, current)),
    );
    if (rows.length === 0) {
      this.print(`No contexts. Make one: raftctl context set NAME --cluster CLUSTER`);
    } else for (const line of tableLines(COLUMNS, rows, this.paintOut)) this.print(line);
    return this.answer('context.list', { path: contexts.path, current, contexts: rows });
  }
}

const COLUMNS = [
  { title: ' ', cell: (row: ContextRow) => (row.isCurrent ? '*' : ' ') },
  { title: 'NAME', cell: (row: ContextRow) => row.name },
  { title: 'REACHES', cell: reachText },
  { title: 'SHOWS', cell: shownText },
  { title: 'READ-ONLY', cell: (row: ContextRow) => (row.readOnly ? 'yes' : 'no') },
];

/** What nodes are shown. */
function shownText({ tlsCa, tlsCert, tokenFile }: ContextRow): string {
  const shown = [
    ...(tlsCert === null ? [] : ['certificate']),
    ...(tokenFile === null ? [] : ['token']),
  ];
  return shown.length === 0 && tlsCa !== null ? 'TLS' : shown.join(', ');
}
