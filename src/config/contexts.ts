/**
 * Contexts: ways to reach a cluster, each with a name, in one file of the user. A context names a
 * cluster of a folder of this machine, or addresses of nodes anywhere and what they are shown; what
 * the cluster is, only the cluster knows. One context may be current.
 *
 *   current = "shop"
 *
 *   [context.shop]
 *   endpoints = ["10.0.0.1:11000", "10.0.0.2:11000"]
 *   tlsCa = "/etc/shop/ca.pem"
 *   readOnly = true
 */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';
import { NO_CONTEXT } from './context-names.ts';
import type { ContextsValue } from './contexts-schema.ts';
import type { FileSettings, FileValue } from './settings.ts';
import { checkToml, readTomlFile } from './toml-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Context {
  readonly name: string;
  /** Folder that holds the cluster. */
  readonly dir: string | null;
  /** A cluster of this machine; null: `endpoints`. */
  readonly cluster: string | null;
  readonly endpoints: readonly string[] | null;
  readonly tlsCa: string | null;
  readonly tlsCert: string | null;
  readonly tokenFile: string | null;
  readonly readOnly: boolean;
  /** Where it stands in the file; 0: not yet. */
  readonly line: number;
}

export interface Contexts {
  /** Of the file, which need not exist. */
  readonly path: string;
  readonly current: string | null;
  readonly byName: ReadonlyMap<string, Context>;
}

/** Our folder in `$XDG_CONFIG_HOME`, by default `~/.config`. */
export function userDirectory(env: Environment): string {
  const home = env['XDG_CONFIG_HOME'];
  const user = home !== undefined && isAbsolute(home) ? home : join(homedir(), '.config');
  return join(user, 'raftctl');
}

export function contextsFile(env: Environment): string {
  return join(userDirectory(env), 'contexts.toml');
}

/**
 * @param isChecked false where a file that is wrong may be read wrongly: completion has no time
 *   for schemas.
 * @throws {RaftctlError} CONFIG_INVALID
 */
export async function loadContexts(env: Environment, isChecked = true): Promise<Contexts> {
  const path = contextsFile(env);
  const file = await readTomlFile(path);
  if (file === null) return { path, current: null, byName: new Map() };
  const { current = null, context = {} } = isChecked
    ? checkToml(file, (await import('./contexts-schema.ts')).CONTEXTS_SCHEMA)
    : (file.value as ContextsValue);
  const byName = new Map<string, Context>();
  for (const [name, said] of Object.entries(context)) {
    const { dir = null, cluster = null, endpoints, readOnly = false } = said;
    const { tlsCa = null, tlsCert = null, tokenFile = null } = said;
    byName.set(name, {
      ...{ name, dir, cluster, tlsCa, tlsCert, tokenFile, readOnly },
      endpoints: endpoints === undefined ? null : [endpoints].flat(),
      line: file.lineOf(['context', name]),
    });
  }
  return { path, current, byName };
}

/** The name that holds: the flag's, that of the environment, the current one. Null: none. */
export function chosenName(
  contexts: Contexts,
  asked: string | null,
  env: Environment,
): string | null {
  const name = asked ?? (env['RAFTCTL_CONTEXT'] || contexts.current);
  return name === NO_CONTEXT ? null : name;
}

/** @throws {RaftctlError} CONTEXT_NOT_FOUND with the nearest name. */
export function contextNamed(contexts: Contexts, name: string): Context {
  const found = contexts.byName.get(name);
  if (found !== undefined) return found;
  const names = [...contexts.byName.keys()];
  const near = nearestWord(name, names);
  const known = names.length === 0 ? 'it holds none' : `it holds ${names.join(', ')}`;
  throw new RaftctlError('CONTEXT_NOT_FOUND', {
    message: `Cannot find context ${name} in ${contexts.path}: ${known}`,
    hint:
      near === null
        ? `Make it: raftctl context set ${name} --cluster NAME (or --endpoints HOST:PORT,...)`
        : `Did you mean: ${near}?`,
  });
}

/** What nearer places than the context have said already: flags, the environment. */
export interface SaidPlace {
  readonly dir: boolean;
  readonly cluster: boolean;
  readonly endpoints: boolean;
}

/** All that says where a cluster is, and how it is reached. */
const PLACE = ['DIR', 'CLUSTER', 'ENDPOINTS', 'TLS_CA', 'TLS_CERT', 'TOKEN_FILE'].map(
  (name) => `RAFTCTL_${name}`,
);

/**
 * Settings with a context above the files. Its place holds as a whole or not at all: whoever names
 * another one must not get the addresses, the token or the folder of this one.
 */
export function withContext(
  files: FileSettings,
  { path }: Pick<Contexts, 'path'>,
  context: Context,
  said: SaidPlace,
): FileSettings {
  const from = (text: string): FileValue => {
    return { text, file: path, line: context.line, context: context.name };
  };
  const settings = new Map(files);
  if (context.readOnly) settings.set('RAFTCTL_READ_ONLY', from('true'));
  const { dir, cluster, endpoints, tlsCa, tlsCert, tokenFile } = context;
  if (isElsewhere(context, said)) return settings;
  for (const name of PLACE) if (name !== 'RAFTCTL_DIR' || dir !== null) settings.delete(name);
  const place = {
    DIR: dir,
    CLUSTER: cluster ?? remoteCluster(context),
    ENDPOINTS: endpoints?.join(',') ?? null,
    ...{ TLS_CA: tlsCa, TLS_CERT: tlsCert, TOKEN_FILE: tokenFile },
  };
  for (const [name, text] of Object.entries(place)) {
    if (text !== null) settings.set(`RAFTCTL_${name}`, from(text));
  }
  return settings;
}

/** Whether what was said leads away from the context. */
function isElsewhere({ endpoints }: Context, said: SaidPlace): boolean {
  return said.endpoints || said.dir || (endpoints !== null && said.cluster);
}

/**
 * What stands for a cluster's name where a context has addresses only. Commands on clusters of this
 * machine must refuse it, and never take the only cluster there is instead.
 */
function remoteCluster({ name }: Context): string {
  return `@${name}`;
}

/** The context of such a word; null for the name of a cluster. */
export function contextOfRemote(cluster: string): string | null {
  return cluster.startsWith('@') ? cluster.slice(1) : null;
}

/** The file's text. Comments of a file that was edited are not kept. */
export async function contextsText({ current, byName }: Contexts): Promise<string> {
  const { default: toml } = await import('@iarna/toml');
  const context = Object.fromEntries(
    [...byName].map(([name, { name: _, line, endpoints, readOnly, ...texts }]) => {
      const said = Object.entries(texts).filter(([, text]) => text !== null);
      return [
        name,
        {
          ...Object.fromEntries(said),
          ...(endpoints === null ? {} : { endpoints: [...endpoints] }),
          ...(readOnly ? { readOnly } : {}),
        },
      ];
    }),
  );
  const head = '# Ways to reach clusters, kept by raftctl context: see docs/configuration.md\n\n';
  const text = toml.stringify({ ...(current === null ? {} : { current }), context });
  return `${head}${text.trimEnd()}\n`;
}
