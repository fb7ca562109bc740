/** The systemd unit of a node: how it is called, where it lies and what it says. Pure. */
import { posix } from 'node:path';
import type { UnitManager } from '../cluster/topology.ts';
import { EXIT } from '../std/errors.ts';

export interface UnitWish {
  readonly manager: UnitManager;
  readonly cluster: string;
  readonly id: string;
  /** Node there. Absolute. */
  readonly node: string;
  /** Script of the program there. Absolute. */
  readonly entry: string;
  readonly dataDir: string;
  readonly logFile: string;
}

/** A node that was killed or broke down comes again after this time. Seconds. */
const RESTART_S = 1;
/** As long as a node may take to end; a leader hands over first. Seconds. */
const STOP_S = 10;
/** Segments, snapshots and connections, many more than are usual. */
const FILES_MAX = 65_536;
/** What only people can mend, and a disk that failed: it is not to be believed a second time. */
const FINAL_EXITS = [
  EXIT.usage,
  EXIT.refused,
  EXIT.violation,
  EXIT.disk,
  EXIT.damaged,
  EXIT.locked,
];

export function unitName({ cluster, id }: Pick<UnitWish, 'cluster' | 'id'>): string {
  return `raftctl-${cluster}-${id}.service`;
}

/** @param home what systemd takes for a user's files: `$XDG_CONFIG_HOME`, or `.config` at home. */
export function unitFolder(manager: UnitManager, home: string): string {
  return manager === 'system' ? '/etc/systemd/system' : posix.join(home, 'systemd/user');
}

export function unitText(wish: UnitWish): string {
  const { manager, cluster, id, node, entry, dataDir, logFile } = wish;
  const words = [node, entry, 'node', 'start', '--data-dir', dataDir];
  const isSystem = manager === 'system';
  return `# Written by raftctl cluster up; it goes again with cluster down and cluster destroy.
[Unit]
Description=raftctl node ${id} of cluster ${cluster}
${isSystem ? 'Wants=network-online.target\nAfter=network-online.target\n' : ''}StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${words.map(unitWord).join(' ')}
StandardOutput=append:${specifiersOf(logFile)}
StandardError=append:${specifiersOf(logFile)}
Restart=on-failure
RestartSec=${RESTART_S}
RestartPreventExitStatus=${FINAL_EXITS.join(' ')}
KillMode=mixed
TimeoutStopSec=${STOP_S}
LimitNOFILE=${FILES_MAX}
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}
`;
}

/** A word of a command as systemd takes it: nothing in it is a variable, a specifier or a quote. */
export function unitWord(word: string): string {
  const plain = specifiersOf(word).replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./$-]+$/.test(plain)) return plain;
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function specifiersOf(text: string): string {
  return text.replaceAll('%', '%%');
}
