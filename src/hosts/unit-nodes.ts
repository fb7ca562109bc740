/**
 * Nodes that systemd looks after, on the machine itself: a unit for each. It is there as long as
 * the node is to run: a node that was stopped has none, so that it stays down when the machine
 * starts anew.
 */
import { spawn } from 'node:child_process';
import { access, mkdir, open, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StoppedNode, stopNodes } from '../cluster/down.ts';
import { writeWhole } from '../cluster/durable-file.ts';
import { fileSize, lastPlainLines, lastWords } from '../cluster/node-log.ts';
import { findNodeProcess, killProcess } from '../cluster/node-process.ts';
import { killNodes, type NodeResult } from '../cluster/nodes.ts';
import { endsSoon } from '../cluster/roster.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { ClusterNode, ClusterSpec, UnitManager } from '../cluster/topology.ts';
import { withLock } from '../cluster/up-lock.ts';
import { RaftctlError } from '../std/errors.ts';
import { unitFolder, unitName, unitText } from './unit-file.ts';

const POLL_MS = 50;

export interface UnitNodesInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly nodes: readonly ClusterNode[];
  readonly manager: UnitManager;
  /** Script of this program. */
  readonly entry: string;
  readonly timeoutMs: number;
}

/**
 * Writes the units, and starts the nodes that do not run; afterwards all have bound their ports.
 * A node that runs already goes on, and has the new unit from its next start on.
 */
export function startUnits(init: UnitNodesInit): Promise<NodeResult[]> {
  const { store, spec, nodes, manager } = init;
  return withLock(store.lockFileOf(spec.name), init.timeoutMs, async () => {
    const begun = performance.now();
    const missing: ClusterNode[] = [];
    for (const node of nodes) {
      if ((await findNodeProcess(node.dataDir)) === null) missing.push(node);
    }
    const folder = unitFolderHere(manager);
    await mkdir(folder, { recursive: true });
    for (const node of nodes) {
      const path = join(folder, unitName({ cluster: spec.name, id: node.id }));
      await writeWhole({ path, text: textOf(init, node), mode: 0o644 });
    }
    await systemctl(manager, ['daemon-reload']);
    const offsets = new Map<string, number>();
    for (const node of nodes) {
      const { id } = node;
      const logFile = store.logFileOf(spec.name, id);
      // Made here, it is the owner's alone; systemd would make it readable for everybody.
      await (await open(logFile, 'a', 0o600)).close();
      offsets.set(id, await fileSize(logFile));
      const now = missing.includes(node) ? ['--now'] : [];
      await systemctl(manager, ['enable', ...now, unitName({ cluster: spec.name, id })]);
    }
    await Promise.all(missing.map((node) => bound(init, node, offsets.get(node.id) ?? 0)));
    const durationMs = Math.round(performance.now() - begun);
    return nodes.map((node): NodeResult => {
      const outcome = missing.includes(node) ? 'started' : 'running';
      return { id: node.id, outcome, durationMs };
    });
  });
}

/** Afterwards no node runs, and none comes again by itself. */
export async function stopUnits(init: UnitNodesInit): Promise<readonly StoppedNode[]> {
  const rows = await Promise.all(init.nodes.map((node) => stopUnit(init, node)));
  await systemctl(init.manager, ['daemon-reload']);
  return rows;
}

async function stopUnit(init: UnitNodesInit, node: ClusterNode): Promise<StoppedNode> {
  const { manager, spec, timeoutMs: graceMs } = init;
  const { id, dataDir } = node;
  const unit = unitName({ cluster: spec.name, id });
  const path = join(unitFolderHere(manager), unit);
  if (!(await exists(path))) {
    // Somebody has taken it away, and the node may run all the same.
    const [row] = await stopNodes([node], { graceMs });
    return row ?? { id, outcome: 'idle' };
  }
  const wasRunning = (await findNodeProcess(dataDir)) !== null;
  const stopping = systemctl(manager, ['disable', '--now', unit]);
  // Who takes longer than asked for is killed here: systemd has a time of its own.
  const hasEnded = !wasRunning || (await endsSoon(dataDir, graceMs));
  const wasKilled = !hasEnded && (await killProcess(dataDir));
  await stopping;
  await rm(path, { force: true });
  return { id, outcome: wasKilled ? 'killed' : wasRunning ? 'stopped' : 'idle' };
}

/** As a crash, but that systemd does not start them again: that is for who killed them to do. */
export async function killUnits({ nodes, manager, spec }: UnitNodesInit): Promise<NodeResult[]> {
  const rows = await killNodes(nodes);
  for (const { id } of nodes) {
    const unit = unitName({ cluster: spec.name, id });
    // One that was stopped has no unit, and systemctl makes a failure of that.
    if (await exists(join(unitFolderHere(manager), unit))) await systemctl(manager, ['stop', unit]);
  }
  return rows;
}

function textOf({ store, spec, manager, entry }: UnitNodesInit, node: ClusterNode): string {
  const { id, dataDir } = node;
  const logFile = store.logFileOf(spec.name, id);
  const program = { node: process.execPath, entry };
  return unitText({ manager, cluster: spec.name, id, ...program, dataDir, logFile });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** @throws {RaftctlError} why the node ended, by its own account; WAIT_TIMEOUT */
async function bound(init: UnitNodesInit, node: ClusterNode, offset: number): Promise<void> {
  const { id, dataDir } = node;
  const logFile = init.store.logFileOf(init.spec.name, id);
  const deadline = performance.now() + init.timeoutMs;
  while ((await findNodeProcess(dataDir)) === null) {
    const words = await lastWords(logFile, offset);
    if (words !== null) {
      await stopUnits({ ...init, nodes: [node], timeoutMs: 0 });
      const message = `Node ${id} ended while it started: ${words.message}`;
      const { hint } = words;
      throw new RaftctlError(words.code, hint === null ? { message } : { message, hint });
    }
    if (performance.now() >= deadline) {
      const plain = await lastPlainLines(logFile, offset);
      throw new RaftctlError('WAIT_TIMEOUT', {
        message: `Waited ${init.timeoutMs} ms for node ${id} in vain${plain === null ? '' : `:\n${plain}`}`,
        hint: `What systemd says: systemctl ${init.manager === 'user' ? '--user ' : ''}status ${unitName({ cluster: init.spec.name, id })}`,
      });
    }
    await sleep(POLL_MS);
  }
}

function unitFolderHere(manager: UnitManager): string {
  return unitFolder(manager, process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'));
}

/** @throws {RaftctlError} HOST_UNFIT with what it said. */
async function systemctl(manager: UnitManager, words: readonly string[]): Promise<void> {
  const args = [...(manager === 'user' ? ['--user'] : []), '--quiet', ...words];
  // Who comes by ssh may lack it; systemd's own place for it is always the same.
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`;
  const child = spawn('systemctl', args, {
    env: { ...process.env, XDG_RUNTIME_DIR: runtime },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const code = await new Promise<number | string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  if (code === 0) return;
  const reason = said.trim().split('\n').at(-1) || `exit code ${code}`;
  throw new RaftctlError('HOST_UNFIT', {
    message: `systemctl ${args.join(' ')} failed: ${reason}`,
    hint: 'See why: systemctl status, journalctl. Or do without units: make the cluster without --systemd',
  });
}
