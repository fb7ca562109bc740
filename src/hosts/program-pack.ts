/**
 * This program as one file: what it consists of and the packages that it needs, as they lie here.
 * Nothing is fetched from anywhere, so a machine runs what its operator runs.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { packTar, type TarFile } from '../bench/tar-archive.ts';
import { RaftctlError } from '../std/errors.ts';

export interface PackedProgram {
  /** Name and version, and a digest of the content: the same program has the same. */
  readonly id: string;
  /** gzip'd tar, made when it is asked for: most machines have it already. */
  readonly archive: () => Promise<Uint8Array>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Of the program itself; the rest of what is published is for people. */
const OWN = ['package.json', 'oclif.manifest.json', 'bin', 'dist', 'profiles'];
/** Of packages: nothing reads these when a program runs. */
const UNREAD = /(\.d\.[cm]?ts|\.map|\.md|\.markdown|\.flow)$/i;
const DIGEST_DIGITS = 12;

/** @param root folder of this package. */
export async function packProgram(root: string): Promise<PackedProgram> {
  const own = await readManifest(root);
  const files: TarFile[] = [];
  for (const name of OWN) await collect(join(root, name), name, files);
  await collectPackages(root, own, files);
  const digest = createHash('sha256');
  for (const { name, content } of files)
    digest.update(`${name}\0${content.length}\0`).update(content);
  const id = `${own.name}-${own.version}-${digest.digest('hex').slice(0, DIGEST_DIGITS)}`;
  let packed: Promise<Uint8Array> | null = null;
  const archive = (): Promise<Uint8Array> => {
    packed ??= packTar(files, 0).then((tar) => promisify(gzip)(tar));
    return packed;
  };
  return { id, archive };
}

/**
 * Packages as Node finds them from `folder` up, beside one another; only where two versions of one
 * are needed, the second lies below who needs it.
 */
async function collectPackages(root: string, own: Manifest, files: TarFile[]): Promise<void> {
  const placed = new Map<string, string>();
  const visit = async (folder: string, manifest: Manifest, at: string): Promise<void> => {
    const { dependencies = {}, optionalDependencies = {} } = manifest;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }).sort()) {
      const found = await findPackage(folder, name);
      if (found === null) {
        if (name in optionalDependencies) continue;
        throw new RaftctlError('INTERNAL', {
          message: `Cannot pack this program: its package ${name} is not there`,
          hint: 'Install it again: npm ci',
        });
      }
      const top = `node_modules/${name}`;
      if (placed.get(top) === found) continue;
      const place = placed.has(top) ? `${at}/node_modules/${name}` : top;
      if (placed.has(place)) continue;
      placed.set(place, found);
      await collect(found, place, files);
      await visit(found, await readManifest(found), place);
    }
  };
  await visit(root, own, '');
}

async function findPackage(folder: string, name: string): Promise<string | null> {
  for (let at = folder; ; at = dirname(at)) {
    const place = join(at, 'node_modules', name);
    const found = await realpath(join(place, 'package.json')).catch(() => null);
    if (found !== null) return dirname(found);
    if (dirname(at) === at) return null;
  }
}

/** All files below `path`, in an order that is always the same. */
async function collect(path: string, name: string, files: TarFile[]): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  if (entries === null) {
    files.push({ name, content: await readFile(path) });
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // Its packages are placed by who needs what.
    if (entry.name === 'node_modules') continue;
    if (entry.isFile() && UNREAD.test(entry.name)) continue;
    if (!entry.isFile() && !entry.isDirectory()) continue;
    await collect(join(path, entry.name), `${name}/${entry.name}`, files);
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
