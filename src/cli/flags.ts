/** Flags that several commands share, each with its environment variable. */
import { Flags } from '@oclif/core';
import { RaftctlError } from '../std/errors.ts';
import { parseBytes, parseDurationMs } from '../std/units.ts';
import { clustersDirectory } from './directories.ts';

/** A duration in milliseconds: `250ms`, `10s`, `2m`. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text) => {
    const ms = parseDurationMs(text);
    if (ms !== null) return ms;
    throw new RaftctlError('USAGE', {
      message: `Cannot read ${JSON.stringify(text)} as a duration: it is not like 250ms, 10s or 2m`,
    });
  },
});

/** A size in bytes: `512MiB`, `1GiB`. */
export const sizeFlag = Flags.custom<number>({
  helpValue: 'SIZE',
  parse: async (text) => {
    const bytes = parseBytes(text);
    if (bytes !== null) return bytes;
    throw new RaftctlError('USAGE', {
      message: `Cannot read ${JSON.stringify(text)} as a size: it is not like 4096, 64MiB or 1GiB`,
    });
  },
});

export const dirFlag = Flags.string({
  summary: 'Folder that holds clusters.',
  helpValue: 'DIR',
  env: 'RAFTCTL_DIR',
  default: async () => clustersDirectory(),
  defaultHelp: async () => '$XDG_DATA_HOME/raftctl/clusters',
  noCacheDefault: true,
});

export const clusterFlag = Flags.string({
  summary: 'Cluster by name; not needed when there is only one.',
  helpValue: 'NAME',
  env: 'RAFTCTL_CLUSTER',
});

export const clusterChoice = { cluster: clusterFlag, dir: dirFlag };

export const procfileFlag = Flags.string({
  summary: 'The processes of this Procfile, which runs programs of older systems.',
  helpValue: 'FILE',
  env: 'RAFTCTL_PROCFILE',
});

export const waitTimeoutFlag = durationFlag({
  summary: 'How long to wait.',
  default: 30_000,
  defaultHelp: async () => '30s',
  env: 'RAFTCTL_TIMEOUT',
});

export const commandTimeoutFlag = durationFlag({
  summary: 'How long the command may take, all nodes and retries together.',
  default: 5000,
  defaultHelp: async () => '5s',
  env: 'RAFTCTL_TIMEOUT',
});

/** Of ports whose protocol has no place for a token. */
export const trustCertFlags = {
  'tls-ca': Flags.string({
    summary: 'Authorities that nodes at other addresses are trusted by.',
    helpValue: 'FILE',
    env: 'RAFTCTL_TLS_CA',
  }),
  'tls-cert': Flags.string({
    summary: 'Own certificate and key, in one file.',
    helpValue: 'FILE',
    env: 'RAFTCTL_TLS_CERT',
  }),
};

/** Of commands that are told addresses of nodes; a cluster of this machine has its own. */
export const trustFlags = {
  ...trustCertFlags,
  'token-file': Flags.string({
    summary: 'File with a bearer token; - is stdin.',
    helpValue: 'FILE',
    env: 'RAFTCTL_TOKEN_FILE',
  }),
};

/** Of commands that find nodes by DNS. */
export const discoverFlags = {
  discover: Flags.string({
    summary: 'Find nodes by DNS: the SRV records _client._tcp.NAME, as a headless Service has.',
    helpValue: 'srv:NAME',
    env: 'RAFTCTL_DISCOVER',
  }),
  dns: Flags.string({
    summary: "DNS server to ask. [default: the system's]",
    helpValue: 'IP:PORT',
    env: 'RAFTCTL_DNS',
  }),
};

/** Of commands that ask the admin ports of nodes, which are found by DNS. */
export const adminDiscoverFlags = {
  ...trustFlags,
  discover: Flags.string({
    summary: 'A cluster by DNS: the SRV records _admin._tcp.NAME, as a headless Service has.',
    helpValue: 'srv:NAME',
    env: 'RAFTCTL_DISCOVER',
  }),
  dns: discoverFlags.dns,
};

/**
 * What is to be found by DNS; null: a cluster is named, which is nearer than what the environment
 * or a file says.
 *
 * @param argv as it was typed.
 * @throws {RaftctlError} USAGE when both were typed.
 */
export function discoverFor(
  argv: readonly string[],
  names: readonly string[],
  discover: string | undefined,
): string | null {
  if (discover === undefined || names.length === 0) return discover ?? null;
  if (!argv.some((word) => /^--discover(=|$)/.test(word))) return null;
  throw new RaftctlError('USAGE', {
    message: `Cannot take --discover with names of clusters: ${names.join(', ')}`,
    hint: 'Either names, or --discover',
  });
}

export const kvFlags = {
  ...clusterChoice,
  endpoints: Flags.string({
    summary: 'Client addresses of nodes, instead of a local cluster.',
    helpValue: 'HOST:PORT,...',
    env: 'RAFTCTL_ENDPOINTS',
  }),
  ...trustFlags,
  timeout: commandTimeoutFlag,
};

/** Of commands that list the functions of a profile. */
export const functionsFlag = Flags.integer({
  char: 'n',
  summary: 'How many functions.',
  default: 20,
  min: 1,
  env: 'RAFTCTL_LINES',
});

/** Of `node start --app logger`. */
export const loggerFlags = {
  follow: Flags.string({
    summary: 'Clusters of this machine that a logger follows.',
    helpValue: 'CLUSTER,...',
    dependsOn: ['data-dir', 'app'],
    env: 'RAFTCTL_FOLLOW',
  }),
  'text-log': Flags.boolean({
    summary: 'A logger writes lines of text as well.',
    dependsOn: ['app'],
    env: 'RAFTCTL_TEXT_LOG',
  }),
};

/** Of every command that hands leadership over. */
export const leaderFlags = {
  ...clusterChoice,
  wait: Flags.boolean({
    summary: 'Wait until the cluster shows the new leader, and that it serves.',
    default: true,
    allowNo: true,
    env: 'RAFTCTL_LEADER_WAIT',
  }),
  timeout: waitTimeoutFlag,
};

/** What `memberFlags` say. */
export function memberWish(flags: {
  readonly cluster?: string | undefined;
  readonly force: boolean;
  readonly wait: boolean;
  readonly 'dry-run': boolean;
  readonly timeout: number;
}) {
  const { cluster = null, force, wait, 'dry-run': dryRun, timeout: timeoutMs } = flags;
  return { cluster, force, wait, dryRun, timeoutMs };
}

/** Of every command that changes who belongs to a cluster. */
export const memberFlags = {
  ...clusterChoice,
  wait: Flags.boolean({
    summary: 'Wait until learners have caught up, and until the change has ended.',
    env: 'RAFTCTL_WAIT',
  }),
  'dry-run': Flags.boolean({
    summary: 'Only print voters, quorum and tolerance before and after.',
    env: 'RAFTCTL_DRY_RUN',
  }),
  force: Flags.boolean({
    summary: 'Also when no failure would be tolerated afterwards.',
    env: 'RAFTCTL_FORCE',
  }),
  timeout: waitTimeoutFlag,
};

export const profileFlag = Flags.string({
  char: 'f',
  summary: 'Take what other flags do not say from a profile, by its name or its file.',
  helpValue: 'NAME|FILE',
  env: 'RAFTCTL_PROFILE',
});

export const snapshotTimeoutFlag = durationFlag({
  summary: 'How long to wait for a node.',
  default: 120_000,
  defaultHelp: async () => '2m',
  env: 'RAFTCTL_TIMEOUT',
});

export const eventFlags = {
  ...clusterChoice,
  recording: Flags.string({
    summary: 'Take the events from a recording of raftctl top instead of a cluster.',
    helpValue: 'FILE',
    env: 'RAFTCTL_RECORDING',
  }),
};
