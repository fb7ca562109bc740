/**
 * A bundle as a file: a gzipped tar archive whose names all begin with one folder.
 *
 * ```
 *  demo-20260301T120320Z/
 *    manifest.json        when, by which raftctl, what is in it with size and SHA-256
 *    facts.json           all that the doctor judges: status, vitals, events, told configurations
 *    findings.json        what it found when the bundle was made
 *    ...                  the same once more for people, node by node
 * ```
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { packTar, type TarFile, unpackTar } from '../bench/tar-archive.ts';
import type { DoctorFacts } from '../forensics/doctor/facts.ts';
import { RaftctlError } from '../std/errors.ts';

/** Rises when an older raftctl could not read a newer bundle. */
const BUNDLE_FORMAT_VERSION = 1;
/** An unpacked bundle longer than this is none of ours. */
const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;
const FACTS = 'facts.json';
const MANIFEST = 'manifest.json';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

export interface BundleHead {
  readonly cluster: string;
  readonly wallMs: number;
  /** Of the raftctl that made it. */
  readonly version: string;
}

export interface BundledFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface PackedBundle {
  readonly archive: Uint8Array;
  readonly files: readonly BundledFile[];
}

/** `demo-20260301T120320Z`. */
export function bundleName({ cluster, wallMs }: BundleHead): string {
  const time = new Date(wallMs).toISOString().slice(0, 19).replace(/[-:]/g, '');
  // The longest name of a cluster leaves room for what is in the folder.
  return `${cluster.slice(0, 40)}-${time}Z`;
}

export async function packBundle(
  head: BundleHead,
  files: readonly TarFile[],
): Promise<PackedBundle> {
  const listed = files.map(({ name, content }): BundledFile => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { name, bytes: content.length, sha256 };
  });
  const manifest = { formatVersion: BUNDLE_FORMAT_VERSION, ...head, files: listed };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const all = [{ name: MANIFEST, content: Buffer.from(text) }, ...files];
  const folder = bundleName(head);
  const named = all.map(({ name, content }) => ({ name: `${folder}/${name}`, content }));
  const archive = await zip(await packTar(named, Math.floor(head.wallMs / 1000)));
  return { archive, files: listed };
}

/** @throws {RaftctlError} BUNDLE_INVALID, FORMAT_UNSUPPORTED */
export async function readBundledFacts(path: string): Promise<DoctorFacts> {
  const files = await unpacked(path);
  const read = (name: string): unknown => {
    const found = files.find((file) => file.name.endsWith(`/${name}`));
    if (found === undefined) throw invalid(path, `it has no ${name}`);
    try {
      return JSON.parse(Buffer.from(found.content).toString('utf8'));
    } catch (cause) {
      throw invalid(path, `its ${name} is no JSON`, cause);
    }
  };
  const version = (read(MANIFEST) as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== BUNDLE_FORMAT_VERSION) {
    throw new RaftctlError('FORMAT_UNSUPPORTED', {
      message: `Cannot read ${path}: its format is ${String(version)}, this raftctl knows ${BUNDLE_FORMAT_VERSION}`,
      hint: 'Use the raftctl that made it, or a newer one',
    });
  }
  const facts = read(FACTS);
  if (!isFacts(facts)) throw invalid(path, `its ${FACTS} holds something else`);
  return facts;
}

async function unpacked(path: string): Promise<readonly TarFile[]> {
  let packed: Buffer;
  try {
    packed = await readFile(path);
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const archive = await unzip(packed, { maxOutputLength: UNPACKED_BYTES_MAX }).catch((cause) => {
    throw invalid(path, 'it is not gzipped, or is cut off', cause);
  });
  const files = await unpackTar(archive);
  if (files === null) throw invalid(path, 'it holds no tar archive, or a damaged one');
  return files;
}

function isFacts(value: unknown): value is DoctorFacts {
  if (typeof value !== 'object' || value === null) return false;
  const { v, status, nodes, events, silent } = value as Partial<Record<keyof DoctorFacts, unknown>>;
  const lists = [nodes, events, silent].every(Array.isArray);
  return v === 1 && lists && typeof status === 'object' && status !== null;
}

function invalid(path: string, why: string, cause?: unknown): RaftctlError {
  return new RaftctlError('BUNDLE_INVALID', {
    message: `Cannot read ${path} as a bundle: ${why}`,
    hint: 'Make one: raftctl cluster bundle',
    cause,
  });
}
