import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { RaftctlError } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';
import { tableLines } from '../std/table.ts';

export default class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schemas of what commands print with --json.';
  static override description =
    'Without a command: which there are. With one: its JSON Schema (draft 2020-12), which every ' +
    'answer and every error of that command fits; where a command prints an object a line, each ' +
    'of them does. Within a version fields are only added.';
  static override examples = [
    '<%= config.bin %> schema',
    '<%= config.bin %> schema cluster status',
    '<%= config.bin %> schema --all --json',
  ];
  static override strict = false;
  static override usage = 'schema [COMMAND] [--all]';
  static override flags = {
    all: Flags.boolean({ summary: 'Print all of them, by command.', env: 'RAFTCTL_ALL' }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Schema);
    const words = argv
      .map(String)
      .join(' ')
      .replaceAll(/[:\s]+/g, ' ')
      .trim();
    if (flags.all && words !== '') {
      throw new RaftctlError('USAGE', { message: `Cannot print all schemas and that of ${words}` });
    }
    const { PUBLISHED } = await import('../schemas/catalogue.ts');
    const { documentOf, fullName } = await import('../schemas/document.ts');
    const commands = [...PUBLISHED.keys()].sort();
    const chosen = words === '' ? null : commandOf(words, commands);
    const isAsked = flags.all || chosen !== null;
    const schemas = [...PUBLISHED]
      .filter(([command]) => chosen === null || command === chosen)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([command, entry]) => {
        const document = isAsked ? documentOf(command, entry) : null;
        return { command, name: fullName(entry.name), document };
      });
    if (!isAsked) for (const line of tableLines(COLUMNS, schemas, this.paintOut)) this.print(line);
    else if (flags.all) {
      this.print(pretty(Object.fromEntries(schemas.map((s) => [s.command, s.document]))));
    } else this.print(pretty(schemas[0]?.document));
    return this.answer('schema', { schemas });
  }
}

/** @throws {RaftctlError} USAGE naming the nearest command that has a schema. */
function commandOf(words: string, commands: readonly string[]): string {
  if (commands.includes(words)) return words;
  const near = nearestWord(words, commands);
  const hint =
    near === null ? 'All schemas: raftctl schema' : `Did you mean: raftctl schema ${near}?`;
  throw new RaftctlError('USAGE', {
    message: `Cannot print a schema of ${JSON.stringify(words)} as no such command prints JSON`,
    hint,
  });
}

interface Row {
  readonly command: string;
  readonly name: string;
}

const COLUMNS = [
  { title: 'COMMAND', cell: (row: Row) => row.command },
  { title: 'SCHEMA', cell: (row: Row) => row.name },
];

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
