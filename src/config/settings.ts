/**
 * Settings: what a user may fix once for all commands. Each is a flag of some commands, a variable
 * of the environment and a key of the configuration files, and the nearest of these wins.
 */

export interface Setting {
  /** As in a configuration file. */
  readonly key: string;
  readonly flag: string;
  readonly env: string;
  readonly summary: string;
  /** What holds when nobody says anything, for people. */
  readonly fallback: string;
}

function setting(key: string, summary: string, fallback: string): Setting {
  const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const env = `RAFTCTL_${flag.replaceAll('-', '_').toUpperCase()}`;
  return { key, flag, env, summary, fallback };
}

export const SETTINGS: readonly Setting[] = [
  setting('dir', 'Folder that holds clusters.', '$XDG_DATA_HOME/raftctl/clusters'),
  setting('cluster', 'Cluster that commands mean.', 'the only one there is'),
  setting('endpoints', 'Client addresses of nodes.', 'those of the cluster'),
  setting('timeout', 'How long a command may take.', "each command's own"),
  setting('nodes', 'How many nodes a new cluster has.', '3'),
  setting('app', 'What a new cluster replicates.', 'kvstore'),
  setting('fsync', 'When a write is synced before it is acknowledged.', 'always'),
  setting('leases', 'Whether the leader answers reads by a lease.', 'false'),
  setting('tls', 'Whether a new cluster has certificates and tokens.', 'false'),
  setting('tlsCa', 'Authorities that nodes elsewhere are trusted by.', 'those that Node trusts'),
  setting('tlsCert', 'Own certificate and key.', 'none'),
  setting('tokenFile', 'File with a bearer token.', 'none'),
  setting('readOnly', 'Refuse commands that change a cluster.', 'false'),
  setting('portBase', 'Client port of the first node.', '11000'),
  setting('retain', 'Whether a new cluster keeps all of its log.', 'snapshot'),
  setting('wait', 'What cluster up waits for.', 'healthy'),
  setting('lines', 'How many lines node logs shows of each node.', '50'),
  setting('noColor', 'Print without colour.', 'false'),
  setting('quiet', 'Print results only.', 'false'),
  setting('noInput', 'Never ask; fail instead.', 'false'),
];

/** What a configuration file says about one setting. */
export interface FileValue {
  /** As it would be typed after the flag. */
  readonly text: string;
  readonly file: string;
  readonly line: number;
  /** The context that says it; left out: the file itself. */
  readonly context?: string;
}

/** By environment variable: that is what ties a flag to its setting. */
export type FileSettings = ReadonlyMap<string, FileValue>;

export interface Explained {
  readonly key: string;
  readonly env: string;
  readonly value: string;
  readonly source: 'flag' | 'env' | 'context' | 'file' | 'default';
  /** Of a file or a context: which file, and where in it. */
  readonly file: string | null;
  readonly line: number | null;
  /** The name of the context. */
  readonly context: string | null;
}

/** Each setting with what holds now and why. */
export function explainSettings(
  flags: Readonly<Record<string, string | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
  files: FileSettings,
): Explained[] {
  return SETTINGS.map(({ key, flag, env: name, fallback }): Explained => {
    const base = { key, env: name, file: null, line: null, context: null };
    const typed = flags[flag];
    if (typed !== undefined) return { ...base, value: typed, source: 'flag' };
    const exported = env[name];
    if (exported !== undefined && exported !== '') {
      return { ...base, value: exported, source: 'env' };
    }
    const found = files.get(name);
    if (found === undefined) return { ...base, value: fallback, source: 'default' };
    const { text: value, file, line, context = null } = found;
    return { ...base, value, source: context === null ? 'file' : 'context', file, line, context };
  });
}
