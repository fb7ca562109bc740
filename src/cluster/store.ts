/**
 * The folder that holds clusters, and what lies in each:
 *
 *   <dir>/<name>/cluster.json   description, mode 0600
 *   <dir>/<name>/secret         what nodes and operators prove to each other, mode 0600
 *   <dir>/<name>/tls/           certificates and tokens, where TLS is on (tls-folder.ts)
 *   <dir>/<name>/n1/            data directory of a node
 *   <dir>/<name>/n1.log         what the node said
 *
 * An ephemeral cluster's folder lies in the system's temporary directory; `<dir>/<name>` is then a
 * link to it, so that other commands find it like any other.
 */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entrust } from '../client/credentials.ts';
import { contextOfRemote } from '../config/contexts.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { writeWhole } from './durable-file.ts';
import { mustBeHere } from './elsewhere.ts';
import type { TlsFolder } from './tls-folder.ts';
import {
  CLUSTER_FORMAT_VERSION,
  type ClusterNode,
  type ClusterSpec,
  checkClusterName,
  tlsBeside,
} from './topology.ts';

const SECRET_BYTES = 32;
const CLUSTER_ID_BYTES = 16;

export class ClusterStore {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  folderOf(name: string): string {
    return join(this.directory, name);
  }

  secretFileOf(name: string): string {
    return join(this.folderOf(name), 'secret');
  }

  dataDirOf(name: string, id: string): string {
    return join(this.folderOf(name), id);
  }

  logFileOf(name: string, id: string): string {
    return join(this.folderOf(name), `${id}.log`);
  }

  lockFileOf(name: string): string {
    return join(this.directory, `${name}.lock`);
  }

  tlsFolderOf(name: string): TlsFolder {
    return tlsBeside(this.secretFileOf(name));
  }

  /** Every cluster of this folder, by name. */
  async list(): Promise<ClusterSpec[]> {
    const names = await readdir(this.directory).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    const specs = await Promise.all(names.map((name) => this.#read(name)));
    return specs
      .filter((spec) => spec !== null)
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** The cluster of this folder with that id, whatever its name, or null. */
  async withId(clusterId: string): Promise<ClusterSpec | null> {
    const specs = await this.list();
    const spec = specs.find((one) => one.clusterId === clusterId) ?? null;
    if (spec !== null) await this.entrust(spec);
    return spec;
  }

  /**
   * Afterwards connections to its nodes are made with what lies in its folder.
   *
   * @throws {RaftctlError} FORMAT_UNSUPPORTED when a newer raftctl made it.
   */
  async load(name: string): Promise<ClusterSpec | null> {
    const spec = await this.#read(name);
    if (spec !== null) await this.entrust(spec);
    return spec;
  }

  /** Connections to its nodes are made with what lies in its folder now. */
  async entrust(spec: ClusterSpec): Promise<void> {
    const credentials = spec.tls === true ? await this.tlsFolderOf(spec.name).credentials() : null;
    for (const { clientAddress, adminAddress } of spec.nodes) {
      entrust([clientAddress, adminAddress], credentials);
    }
  }

  async #read(name: string): Promise<ClusterSpec | null> {
    const path = join(this.folderOf(name), 'cluster.json');
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw error;
    }
    return parseSpec(text, path);
  }

  /** As `findAnywhere`, of those that run here. @throws {RaftctlError} also CLUSTER_DIFFERS */
  async find(name: string | null): Promise<ClusterSpec> {
    return mustBeHere(await this.findAnywhere(name));
  }

  /**
   * The cluster a command means: the named one, or the only one there is, wherever its nodes run.
   *
   * @throws {RaftctlError} CLUSTER_NOT_FOUND, CLUSTER_AMBIGUOUS, CLUSTER_ELSEWHERE
   */
  async findAnywhere(name: string | null): Promise<ClusterSpec> {
    if (name !== null) {
      checkIsHere(name);
      checkClusterName(name);
      const spec = await this.load(name);
      if (spec !== null) return spec;
    }
    const specs = await this.list();
    const names = specs.map((spec) => spec.name).join(', ');
    const [only] = specs;
    if (name !== null || only === undefined) {
      const which = name === null ? 'a cluster' : `cluster ${name}`;
      throw new RaftctlError('CLUSTER_NOT_FOUND', {
        message: `Cannot find ${which} in ${this.directory}: ${names === '' ? 'there is none' : `it holds ${names}`}`,
        hint: `Start one: raftctl cluster up ${name ?? ''}`.trim(),
      });
    }
    if (specs.length > 1) {
      throw new RaftctlError('CLUSTER_AMBIGUOUS', {
        message: `Cannot choose a cluster as there are several: ${names}`,
        hint: 'Name one: --cluster NAME (or RAFTCTL_CLUSTER)',
      });
    }
    await this.entrust(only);
    return only;
  }

  /**
   * Makes the folder and writes the description and a new secret. Nothing of it exists before but
   * data directories that somebody prepared: empty ones, on disks of their own or links to such.
   *
   * @throws {RaftctlError} USAGE when the folder holds anything else; it is then left as it was.
   */
  async create(spec: ClusterSpec): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const folder = this.folderOf(spec.name);
    if (spec.ephemeral) await symlink(await mkdtemp(join(tmpdir(), 'raftctl-')), folder);
    else await makeOrAdopt(folder, spec);
    try {
      const secret = `${randomBytes(SECRET_BYTES).toString('hex')}\n`;
      await writeWhole({ path: this.secretFileOf(spec.name), text: secret, mode: 0o600 });
      await this.save(spec);
    } catch (error) {
      await this.remove(spec.name);
      throw error;
    }
  }

  /** Writes a description that has changed in the place of the old one. */
  async save(spec: ClusterSpec): Promise<void> {
    const path = join(this.folderOf(spec.name), 'cluster.json');
    await writeWhole({ path, text: `${JSON.stringify(spec, null, 2)}\n`, mode: 0o600 });
  }

  /**
   * Removes what a node leaves behind in this folder; a directory that somebody chose elsewhere is
   * theirs. Requires: it does not run, and is no member any more.
   */
  async removeNode(name: string, { id, dataDir }: ClusterNode): Promise<void> {
    if (dataDir === this.dataDirOf(name, id)) {
      await emptyDirectory(dataDir);
      await removeUnlessMounted(dataDir);
    }
    await rm(this.logFileOf(name, id), { force: true });
  }

  /**
   * Removes the cluster with all its data; of data directories on disks of their own the content.
   * Requires: none of its nodes runs.
   */
  async remove(name: string): Promise<void> {
    const folder = this.folderOf(name);
    const facts = await lstat(folder).catch(() => null);
    if (facts === null) return;
    const target = await realpath(folder).catch(() => null);
    if (target !== null) await removeFolder(target);
    if (facts.isSymbolicLink()) await rm(folder, { force: true });
  }
}

/** A context of addresses stands for no cluster of this machine. */
function checkIsHere(name: string): void {
  const context = contextOfRemote(name);
  if (context === null) return;
  throw new RaftctlError('CLUSTER_ELSEWHERE', {
    message: `Cannot do that in context ${context}: it knows addresses of nodes, not a cluster of this machine`,
    hint: 'Name a cluster: --cluster NAME. Or go without the context: --context none',
  });
}

/** What a cluster that was only half made leaves behind. */
const LEFTOVERS = /^(secret|tls|(secret|cluster[.]json)[.]\d+[.]tmp)$/;
/** Names of data directories: see `planCluster`. */
const DATA_DIRECTORY = /^n\d+$/;

async function makeOrAdopt(folder: string, spec: ClusterSpec): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  for (const name of await readdir(folder)) {
    if (LEFTOVERS.test(name)) continue;
    const isPrepared = spec.nodes.some((node) => node.id === name);
    if (isPrepared && (await isEmptyDirectory(join(folder, name)))) continue;
    throw new RaftctlError('USAGE', {
      message: `Cannot make cluster ${spec.name} in ${folder} as that folder is in use: it holds ${name}`,
      hint: 'Choose another name or another --dir',
    });
  }
}

async function isEmptyDirectory(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => null);
  return names?.every((name) => name === 'lost+found') ?? false;
}

/** NB: a directory that another disk is mounted on can be emptied, not removed. */
async function removeFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Only here are links followed: a data directory may lie on another disk.
    if (DATA_DIRECTORY.test(name)) await emptyDirectory(path);
    await removeUnlessMounted(path);
  }
  await removeUnlessMounted(folder);
}

async function emptyDirectory(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (name === 'lost+found') continue;
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function removeUnlessMounted(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (systemCode(error) !== 'EBUSY') throw error;
  }
}

export function newClusterId(): string {
  return randomBytes(CLUSTER_ID_BYTES).toString('hex');
}

function parseSpec(text: string, path: string): ClusterSpec {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `Cannot read ${path}: it is not JSON`;
    throw new RaftctlError('CONFIG_INVALID', { message, cause });
  }
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === 'number' && version > CLUSTER_FORMAT_VERSION) {
    throw new RaftctlError('FORMAT_UNSUPPORTED', {
      message: `Cannot read ${path}: its format is ${version}, this raftctl knows up to ${CLUSTER_FORMAT_VERSION}`,
      hint: 'Use the raftctl that made the cluster, or a newer one',
    });
  }
  if (version !== CLUSTER_FORMAT_VERSION) {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot read ${path}: it is not the description of a cluster`,
    });
  }
  const spec = value as ClusterSpec;
  // Descriptions of the first versions say it only of those that are.
  return { ...spec, ephemeral: spec.ephemeral === true };
}
