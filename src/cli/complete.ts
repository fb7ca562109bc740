/**
 * What may stand at the end of a command line. Pure but for the names, which are read when they are
 * asked for; commands and flags are those of `oclif.manifest.json`.
 */
import type { LocalNames } from './local-names.ts';
import { typedValue } from './typed-flags.ts';

export interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: string;
  readonly summary?: string;
  readonly options?: readonly string[];
  readonly hidden?: boolean;
  readonly allowNo?: boolean;
  readonly multiple?: boolean;
  readonly required?: boolean;
  readonly description?: string;
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly env?: string;
  readonly default?: unknown;
  /** It depends on the machine. */
  readonly noCacheDefault?: boolean;
}

interface ManifestArgument {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
  readonly default?: unknown;
}

export interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly flags?: Readonly<Record<string, ManifestFlag>>;
  readonly args?: Readonly<Record<string, ManifestArgument>>;
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly usage?: string | readonly string[];
  readonly aliases?: readonly string[];
}

export type Manifest = Readonly<Record<string, ManifestCommand>>;

export interface Candidate {
  readonly word: string;
  readonly about: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files fit here too. */
  readonly takesFiles: boolean;
}

const NOTHING: Completion = { candidates: [], takesFiles: false };
const FILES: Completion = { candidates: [], takesFiles: true };

/** @param words all after `raftctl`; the last one, maybe empty, is to be completed. */
export function complete(
  words: readonly string[],
  manifest: Manifest,
  names: LocalNames,
): Completion {
  const joined = joinEquals(words);
  const typed = joined.words[joined.words.length - 1] ?? '';
  const before = joined.words.slice(0, -1);
  const all = find({ before, typed, manifest, names });
  const fitting = all.candidates.filter(({ word }) => word.startsWith(typed));
  // bash sees `--flag=val` as three words and replaces only the last of them.
  const cut = joined.isSplit ? typed.indexOf('=') + 1 : 0;
  const candidates = fitting.map(({ word, about }) => ({ word: word.slice(cut), about }));
  return { candidates, takesFiles: all.takesFiles };
}

interface Place {
  readonly before: readonly string[];
  readonly typed: string;
  readonly manifest: Manifest;
  readonly names: LocalNames;
}

function find(place: Place): Completion {
  const { before, typed, manifest } = place;
  const command = commandOf(before, manifest);
  if (command === null) return { candidates: commandWords(before, manifest), takesFiles: false };
  if (before.includes('--')) return positional(command, place);
  const assigned = /^(--[a-z][a-z-]*)=/.exec(typed)?.[1];
  if (assigned !== undefined) {
    const flag = flagOf(command, assigned);
    if (flag === null) return NOTHING;
    const { candidates, takesFiles } = flagValues(flag, command, place);
    const full = candidates.map(({ word, about }) => ({ word: `${assigned}=${word}`, about }));
    return { candidates: full, takesFiles };
  }
  const last = flagOf(command, before[before.length - 1] ?? '');
  if (last !== null && last.type === 'option') return flagValues(last, command, place);
  if (typed.startsWith('-')) return { candidates: flagWords(command), takesFiles: false };
  return positional(command, place);
}

/** Gives `--flag`, `=`, `val` back their shape. */
function joinEquals(words: readonly string[]): { words: string[]; isSplit: boolean } {
  const out: string[] = [];
  let isSplit = false;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? '';
    const last = out[out.length - 1];
    if (word === '=' && last?.startsWith('--')) {
      out[out.length - 1] = `${last}=${words[i + 1] ?? ''}`;
      isSplit = i + 2 >= words.length;
      i += 1;
    } else out.push(word);
  }
  return { words: out, isSplit };
}

/** The command whose words are all there. */
function commandOf(before: readonly string[], manifest: Manifest): ManifestCommand | null {
  const words = before.filter((word) => !word.startsWith('-'));
  for (let length = 3; length > 0; length -= 1) {
    const command = manifest[words.slice(0, length).join(':')];
    if (command !== undefined) return command;
  }
  return null;
}

function commandWords(before: readonly string[], manifest: Manifest): Candidate[] {
  const found = new Map<string, string>();
  const visible = Object.values(manifest).filter((command) => command.hidden !== true);
  for (const { id, summary } of visible) {
    const words = id.split(':');
    const next = words[before.length];
    if (next === undefined || before.some((word, i) => word !== words[i])) continue;
    const isWhole = words.length === before.length + 1;
    // A command may have others below it, and says what it does itself.
    if (isWhole || !found.has(next)) found.set(next, isWhole ? (summary ?? '') : '');
  }
  return [...found].map(([word, about]) => ({ word, about }));
}

function flagOf(command: ManifestCommand, word: string): ManifestFlag | null {
  const flags = Object.values(command.flags ?? {});
  return flags.find(({ name, char }) => word === `--${name}` || word === `-${char}`) ?? null;
}

function flagWords(command: ManifestCommand): Candidate[] {
  const words: Candidate[] = [];
  for (const { name, summary, hidden, allowNo } of Object.values(command.flags ?? {})) {
    if (hidden === true) continue;
    words.push({ word: `--${name}`, about: summary ?? '' });
    if (allowNo === true) words.push({ word: `--no-${name}`, about: `Not: ${summary ?? ''}` });
  }
  return [...words, { word: '--help', about: 'Explain the command.' }];
}

/** Commands whose argument is a file. */
const FILE_COMMANDS = new Set([
  'config:lint',
  'log:dump',
  'check:linearizability',
  'snapshot:inspect',
  'snapshot:restore',
  'snapshot:save',
  'profile:top',
  'profile:flame',
  'profile:diff',
  'bench:hist:merge',
  'bench:matrix',
]);
/** Commands whose arguments are nodes, besides those of `node`. */
const NODE_COMMANDS = new Set([
  'leader:transfer',
  'snapshot:take',
  'snapshot:list',
  'profile:cpu',
  'profile:heap',
  'profile:allocs',
  'profile:snapshot',
]);
/** Commands whose arguments are stored runs. */
const RUN_COMMANDS = new Set(['bench:show', 'bench:tag', 'bench:export', 'bench:rerun']);
const FILE_FLAGS = new Set([
  'runs-dir',
  'dir',
  'data-dir',
  'log-file',
  'secret-file',
  'output',
  'html',
  'record',
  'recording',
  'replay',
  'cpuprofile',
  'heapprofile',
  'heapsnapshot',
  'history',
  'tls-folder',
  'tls-ca',
  'tls-cert',
  'token-file',
]);

function flagValues(flag: ManifestFlag, command: ManifestCommand, place: Place): Completion {
  const { names } = place;
  if (flag.options !== undefined) return plain(flag.options);
  if (FILE_FLAGS.has(flag.name)) return FILES;
  if (flag.name === 'context') return plain([...names.contexts(), 'none']);
  if (flag.name === 'cluster' || flag.name === 'confirm' || flag.name === 'expect-cluster') {
    return plain(names.clusters());
  }
  if (flag.name === 'node') return plain(names.nodes(typedValue(place.before, 'cluster')));
  if (flag.name === 'profile') return { ...plain(names.profiles()), takesFiles: true };
  if (flag.name === 'for' && command.id === 'cluster:wait') {
    return plain(['leader', 'healthy', 'converged', 'index>=']);
  }
  return NOTHING;
}

function positional(command: ManifestCommand, place: Place): Completion {
  const { before, manifest, names } = place;
  const { id } = command;
  if (id === 'help' || id === 'schema' || id === 'man') {
    const words = before.slice(before.indexOf(id) + 1).filter((word) => !word.startsWith('-'));
    return { candidates: commandWords(words, manifest), takesFiles: false };
  }
  const [options] = Object.values(command.args ?? {}).flatMap((arg) => arg.options ?? null);
  if (options !== undefined && options !== null) {
    return plain(Object.values(command.args ?? {})[0]?.options ?? []);
  }
  const below = commandWords(
    before.filter((word) => !word.startsWith('-')),
    manifest,
  );
  if (below.length > 0) return { candidates: below, takesFiles: false };
  if (id.startsWith('context:')) {
    return plain([...names.contexts(), ...(id === 'context:use' ? ['none'] : [])]);
  }
  if (RUN_COMMANDS.has(id)) return { ...plain(names.runs()), takesFiles: id === 'bench:rerun' };
  if (/^(cluster|recover):|^top$/.test(id)) return plain(names.clusters());
  if (id.startsWith('node:') || NODE_COMMANDS.has(id))
    return plain(names.nodes(typedValue(before, 'cluster')));
  return FILE_COMMANDS.has(id) ? FILES : NOTHING;
}

function plain(words: readonly string[]): Completion {
  return { candidates: words.map((word) => ({ word, about: '' })), takesFiles: false };
}
