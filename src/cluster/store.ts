/**
 * The folder that holds clusters, and what lies in each:
 *
 *   <dir>/<name>/cluster.json   description, mode 0600
 *   <dir>/<name>/secret         what nodes and operators prove to each other, mode 0600
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
import { RaftctlError, systemCode } from '../std/errors.ts';
import { writeWhole } from './durable-file.ts';
import { CLUSTER_FORMAT_VERSION, type ClusterSpec, checkClusterName } from './topology.ts';

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

  /** Every cluster of this folder, by name. */
  async list(): Promise<ClusterSpec[]> {
    const names = await readdir(this.directory).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    const specs = await Promise.all(names.map((name) => this.load(name)));
    return specs
      .filter((spec) => spec !== null)
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** @throws {RaftctlError} FORMAT_UNSUPPORTED when a newer raftctl made it. */
  async load(name: string): Promise<ClusterSpec | null> {
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

  /**
   * The cluster a command means: the named one, or the only one there is.
   *
   * @throws {RaftctlError} CLUSTER_NOT_FOUND, CLUSTER_AMBIGUOUS
   */
  async find(name: string | null): Promise<ClusterSpec> {
    if (name !== null) {
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
        message: `Cannot find ${which} in ${this.directory}: ${names === '' ? 'there is none' : `there are ${names}`}`,
        hint: `Start one: raftctl cluster up ${name ?? ''}`.trim(),
      });
    }
    if (specs.length > 1) {
      throw new RaftctlError('CLUSTER_AMBIGUOUS', {
        message: `Cannot choose a cluster as there are several: ${names}`,
        hint: 'Name one: --cluster NAME (or RAFTCTL_CLUSTER)',
      });
    }
    return only;
  }

  /** Makes the folder and writes the description and a new secret; nothing of it exists before. */
  async create(spec: ClusterSpec): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const folder = this.folderOf(spec.name);
    if (spec.ephemeral) await symlink(await mkdtemp(join(tmpdir(), 'raftctl-')), folder);
    else await mkdir(folder, { mode: 0o700 });
    const secret = `${randomBytes(SECRET_BYTES).toString('hex')}\n`;
    await writeWhole({ path: this.secretFileOf(spec.name), text: secret, mode: 0o600 });
    const text = `${JSON.stringify(spec, null, 2)}\n`;
    await writeWhole({ path: join(folder, 'cluster.json'), text, mode: 0o600 });
  }

  /** Removes the cluster with all its data. Requires: none of its nodes runs. */
  async remove(name: string): Promise<void> {
    const folder = this.folderOf(name);
    const facts = await lstat(folder).catch(() => null);
    if (facts?.isSymbolicLink()) {
      const target = await realpath(folder).catch(() => null);
      if (target !== null) await rm(target, { recursive: true, force: true });
    }
    await rm(folder, { recursive: true, force: true });
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
  return value as ClusterSpec;
}
