/**
 * The floors of the house, from the top down: who may import whom. The import gate
 * (`.dependency-cruiser.mjs`) is made of this table, and `docs/ARCHITECTURE.md` shows it.
 *
 * `may` names other floors of this table; a floor may always import itself. Every arrow goes to a
 * lower level, so that the whole can have no cycle: `scripts/walls.js` checks that first.
 */

const NODE_PARTS = [
  'node/replica',
  'node/server',
  'node/wal',
  'node/transport',
  'node/io',
  'node/apps',
  'node/faults',
  'node/profiler',
  'node/raft',
  'node/ports',
  'node/model',
];
const OPERATOR_PARTS = ['cluster', 'chaos', 'bench', 'tui', 'profiling'];

/** A part that only needs its port's contract: the log on disk, the network, an app. */
function nodePart(name, purpose) {
  return { name, level: 4, purpose, may: ['node/ports', 'node/model', 'wire', 'std'] };
}

export const FLOORS = [
  {
    name: 'commands',
    level: 11,
    purpose: 'one thin file a command: flags, one call, print',
    may: [
      'schemas',
      'as',
      'shell',
      'hosts',
      'measurements',
      'cli',
      'config',
      'scenarios',
      'simulator',
      ...OPERATOR_PARTS,
      'node/daemon',
      ...NODE_PARTS,
      'client',
      'checker',
      'forensics',
      'deploy',
      'kubernetes',
      'wire',
      'std',
    ],
    packages: true,
  },
  {
    name: 'schemas',
    level: 10,
    purpose: 'what `--json` prints, as JSON Schemas',
    may: [
      'measurements',
      'cli',
      'config',
      'scenarios',
      'cluster',
      'bench',
      'tui',
      'profiling',
      'node/wal',
      'forensics',
      'wire',
      'std',
    ],
    packages: true,
  },
  {
    name: 'measurements',
    level: 9,
    purpose: 'measurements as a person asks for them: from flags to runs that are kept',
    may: ['cli', 'config', 'scenarios', 'cluster', 'bench', 'client', 'wire', 'std'],
    packages: true,
  },
  {
    name: 'as',
    level: 8,
    purpose: 'programs of older systems: their command lines on this node',
    may: ['cluster', 'kubernetes', 'node/daemon', 'client', 'wire', 'std'],
    packages: true,
  },
  {
    name: 'hosts',
    level: 8,
    purpose: 'clusters over other machines: ssh, the program put there, the hand that acts there',
    may: ['cluster', 'bench', 'config', 'node/daemon', 'client', 'wire', 'std'],
    packages: true,
  },
  {
    name: 'scenarios',
    level: 8,
    purpose: 'several of the floors below played together: the demo, the dashboard',
    may: [
      'cluster',
      'bench',
      'chaos',
      'tui',
      'profiling',
      'config',
      'checker',
      'forensics',
      'client',
      'wire',
      'std',
    ],
    packages: true,
  },
  {
    name: 'shell',
    level: 8,
    purpose: 'a line editor over the commands and the cluster',
    may: ['cli', 'config', 'cluster', 'client', 'wire', 'std'],
    packages: true,
  },
  ...OPERATOR_PARTS.map((name) => ({
    name,
    level: 7,
    purpose: {
      cluster: 'clusters as processes of this machine',
      chaos: 'faults by plan and by seed',
      bench: 'load, and what it measured',
      tui: 'the live dashboard',
      profiling: 'profiles of running nodes',
    }[name],
    may: ['client', 'config', ...(name === 'tui' ? ['forensics'] : []), 'wire', 'std'],
    packages: true,
  })),
  {
    name: 'deploy',
    level: 7,
    purpose: 'manifests: a cluster as Kubernetes is to run it',
    may: ['kubernetes', 'wire', 'std'],
    packages: true,
  },
  {
    name: 'simulator',
    level: 7,
    purpose: 'production replicas on a simulated network, disk and clock',
    may: [
      'node/replica',
      'node/raft',
      'node/ports',
      'node/model',
      'node/faults',
      'node/apps',
      'node/wal',
      'node/transport',
      'checker',
      'wire',
      'std',
    ],
  },
  {
    name: 'node/daemon',
    level: 6,
    purpose: 'builds one node of its real parts; start and stop order',
    may: [...NODE_PARTS, 'client', 'wire', 'std'],
    packages: true,
  },
  {
    name: 'node/server',
    level: 5,
    purpose: 'the client port and the admin port',
    may: ['node/replica', 'wire', 'std'],
  },
  {
    name: 'node/replica',
    level: 4,
    purpose: 'the only caller of the core: one turn at a time',
    may: ['node/raft', 'node/ports', 'node/model', 'wire', 'std'],
  },
  nodePart('node/wal', 'the log on disk'),
  nodePart('node/transport', 'messages between members'),
  nodePart('node/io', 'the operating system: disk, clock, log sink'),
  nodePart('node/apps', 'state machines'),
  nodePart('node/faults', 'the ports again, broken on purpose'),
  nodePart('node/profiler', 'profiles of this process'),
  {
    name: 'node/raft',
    level: 3,
    purpose: 'the consensus core: inputs in, `Ready` out',
    may: ['node/model', 'std'],
    pure: true,
  },
  {
    name: 'forensics',
    level: 3,
    purpose: 'what events tell: elections and their causes',
    may: ['wire', 'std'],
    pure: true,
  },
  {
    name: 'client',
    level: 3,
    purpose: 'what the operator knows of a node: its client port and its admin port',
    may: ['wire', 'std'],
  },
  {
    name: 'kubernetes',
    level: 3,
    purpose: 'what a pod can know: its own name, the pods the API lists, DNS',
    may: ['wire', 'std'],
  },
  {
    name: 'checker',
    level: 3,
    purpose: 'judges histories of clients: linearizable or not',
    may: ['std'],
    pure: true,
  },
  {
    name: 'node/ports',
    level: 2,
    purpose: 'contracts of disk, log, network, clock and app: types',
    may: ['node/model', 'std'],
    pure: true,
  },
  {
    name: 'node/model',
    level: 1,
    purpose: 'nouns and their codecs: entry, batch, message, membership',
    may: ['std'],
    pure: true,
  },
  {
    name: 'wire',
    level: 2,
    purpose: 'what both ends of a socket agree on',
    may: ['std'],
    pure: true,
  },
  {
    name: 'cli',
    level: 4,
    purpose: 'conventions of all commands: output, errors, folders, completion',
    may: ['config', 'std'],
    packages: true,
  },
  {
    name: 'config',
    level: 3,
    purpose: 'files in TOML: settings and profiles, checked, errors with line and key',
    may: ['wire', 'std'],
    packages: true,
  },
  { name: 'std', level: 0, purpose: 'tools that know nothing of Raft', may: [], pure: true },
];

/** Single files below floor 6 that may use an npm package. */
export const PACKAGE_EXCEPTIONS = ['^src/node/server/admin', '^src/node/io/'];

/** The one file of the pure floors that may import from Node: `Buffer` and `crc32`. */
export const NODE_EXCEPTIONS = ['^src/std/bytes[.]ts$'];

/** A regular expression over paths: the floor's folder, or its front-door file beside it. */
export function pathOf(floor) {
  const path = `^src/${floor.name}`;
  return floor.name === 'node/daemon' ? '^src/node/([^/]+[.]ts$|daemon/)' : `${path}(/|[.]ts$)`;
}

/** The floor a file of `src` lies on, or null. */
export function floorOf(file) {
  return FLOORS.find((floor) => new RegExp(pathOf(floor)).test(file)) ?? null;
}

/** The table of `docs/ARCHITECTURE.md`, for the floors that exist in the given files. */
export function floorsTable(files) {
  const built = new Set(files.map((file) => floorOf(file)?.name));
  const rows = FLOORS.filter((floor) => built.has(floor.name)).map((floor) => {
    const may = floor.may.filter((name) => built.has(name)).map((name) => `\`${name}\``);
    const allowed = may.length === 0 ? 'nothing' : may.join(', ');
    const name = `\`${floor.name}\`${floor.pure ? ' (pure)' : ''}`;
    return `| ${floor.level} | ${name} | ${floor.purpose} | ${allowed} |`;
  });
  return ['| level | floor | what it is | may import |', '|---|---|---|---|', ...rows].join('\n');
}
