/** All pages of the manual: raftctl(1) and one of each command. Pure. */
import { SETTINGS } from '../../config/settings.ts';
import { CHEAT_SHEET } from '../cheat-sheet.ts';
import type { Manifest, ManifestCommand } from '../complete.ts';
import { EXIT_MEANINGS } from '../exit-meanings.ts';
import {
  commandPage,
  type ManInit,
  type ManPage,
  pageName,
  section,
  seeAlso,
  sentenceStart,
  titleLine,
} from './command-page.ts';
import { bold, escaped, example, heading, tagged, textLine } from './roff.ts';

export interface ManualInit extends ManInit {
  readonly manifest: Manifest;
  /** What each topic is about, by its words. */
  readonly topics: ReadonlyMap<string, string>;
}

/** raftctl(1) first, then the commands by name. */
export function manual(init: ManualInit): ManPage[] {
  const commands = Object.values(init.manifest)
    .filter(({ hidden }) => hidden !== true)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const pages = commands.map((command) => {
    const others = commands.filter(({ id }) => id !== command.id && isNear(id, command.id));
    return commandPage(
      command,
      others.map(({ id }) => id),
      init,
    );
  });
  return [mainPage(commands, init), ...pages];
}

/** Of the same topic. */
function isNear(id: string, other: string): boolean {
  return topicOf(id) === topicOf(other) && topicOf(id) !== '';
}

function topicOf(id: string): string {
  return id.includes(':') ? (id.split(':')[0] ?? '') : '';
}

function mainPage(commands: readonly ManifestCommand[], init: ManualInit): ManPage {
  const topics = [...new Set(commands.map(({ id }) => topicOf(id)))].filter(
    (topic) => topic !== '',
  );
  const alone = commands.filter(({ id }) => topicOf(id) === '');
  const lines = [
    titleLine('raftctl', init),
    heading('NAME'),
    'raftctl \\- run, study and benchmark Raft clusters',
    heading('SYNOPSIS'),
    `${bold('raftctl')} \\fICOMMAND\\fR [\\fIARGUMENT\\fR | \\fIOPTION\\fR]...`,
    heading('DESCRIPTION'),
    'Starts Raft clusters, shows them, measures them, breaks them on purpose and proves what they did.',
    'Every command has a page of its own, named as it is called with hyphens between the words, and',
    `explains itself with ${bold('--help')}.`,
    `With ${bold('--json')} it prints one object; ${bold('raftctl schema')} has the schemas.`,
    heading('COMMANDS'),
    ...alone.flatMap(commandLines),
    ...topics.flatMap((topic) => [
      `.SS "raftctl ${escaped(topic)}"`,
      textLine(init.topics.get(topic) ?? ''),
      ...commands.filter(({ id }) => topicOf(id) === topic).flatMap(commandLines),
    ]),
    heading('RECIPES'),
    ...CHEAT_SHEET.flatMap(({ about, recipes }) => [
      `.SS "${escaped(about)}"`,
      ...recipes.flatMap(({ line, does }) => tagged(bold(line), [textLine(sentence(does))])),
    ]),
    heading('EXIT STATUS'),
    ...[...EXIT_MEANINGS].flatMap(([code, meaning]) => {
      return tagged(bold(String(code)), [textLine(sentence(meaning))]);
    }),
    ...settingsLines(),
    ...section(
      'FILES',
      FILES.flatMap(([file, what]) => tagged(textLine(file), [textLine(what)])),
    ),
    heading('SEE ALSO'),
    ...seeAlso(commands.map(({ id }) => pageName(id))),
  ];
  return { name: 'raftctl', text: `${lines.join('\n')}\n` };
}

function commandLines({ id, summary = '' }: ManifestCommand): string[] {
  return tagged(`${bold(pageName(id))}(1)`, [textLine(sentence(sentenceStart(summary)))]);
}

function sentence(text: string): string {
  const end = text.endsWith('.') ? '' : '.';
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}

function settingsLines(): string[] {
  return [
    heading('ENVIRONMENT'),
    'Every option has a variable, which its page names.',
    'The nearest of these wins: options, variables, a profile, a context, files, defaults.',
    'Settings that files may hold as well:',
    ...SETTINGS.flatMap(({ env, key, summary, fallback }) =>
      tagged(bold(env), [
        textLine(summary),
        textLine(`In files: ${key}. By default: ${fallback}.`),
      ]),
    ),
    '.PP',
    'To see what holds, and why:',
    ...example(['raftctl config explain']),
  ];
}

const FILES: readonly (readonly [file: string, what: string])[] = [
  ['./raftctl.toml', 'Settings of a folder.'],
  ['$XDG_CONFIG_HOME/raftctl/config.toml', 'Settings of a user; by default below ~/.config.'],
  ['/etc/raftctl/config.toml', 'Settings of the machine.'],
  ['$XDG_CONFIG_HOME/raftctl/contexts.toml', 'Contexts: see raftctl-context-set(1).'],
  ['$XDG_DATA_HOME/raftctl/clusters', 'Clusters of this machine; by default below ~/.local/share.'],
  [
    '$XDG_STATE_HOME/raftctl',
    'Runs of the bench, history of the shell; by default ~/.local/state.',
  ],
];
