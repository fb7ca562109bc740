/** Everything about a cluster that helps to understand it elsewhere, in one file. */
import { readFile } from 'node:fs/promises';
import { describeEnvironment } from '../bench/environment.ts';
import type { TarFile } from '../bench/tar-archive.ts';
import { NodeWatcher } from '../client/node-watcher.ts';
import { filesOnDisk, type NodeDisk, type NodeFiles } from '../cluster/node-disk.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { writeWholeFile } from '../cluster/whole-file.ts';
import { diagnosisLines } from '../forensics/doctor/diagnosis-text.ts';
import type { DoctorFacts, NodeFacts } from '../forensics/doctor/facts.ts';
import { type Diagnosis, diagnose } from '../forensics/doctor.ts';
import { electionTable } from '../forensics/election-text.ts';
import { electionsOf } from '../forensics/elections.ts';
import { inOrder } from '../forensics/timeline.ts';
import { PLAIN } from '../std/paint.ts';
import type { NodeLogView } from '../wire/log-view.ts';
import {
  type BundledFile,
  type BundleHead,
  bundleName,
  packBundle,
  readBundledFacts,
} from './bundle-file.ts';
import { formsOfSecret, withoutSecret } from './secret-scrub.ts';

const ANSWER_MS_MAX = 3000;

export interface BundleWish {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly facts: DoctorFacts;
  /** Of this raftctl. */
  readonly version: string;
  /** Null: in this folder, by the cluster's name and the time. */
  readonly path: string | null;
  readonly mayReplace: boolean;
  /** What else is to be in it. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** What lies on other machines, where nodes run there. */
  readonly disks?: readonly NodeDisk[];
}

export interface MadeBundle {
  readonly file: string;
  readonly bytes: number;
  readonly files: readonly BundledFile[];
  readonly diagnosis: Diagnosis;
}

/** @throws {RaftctlError} USAGE, CONFIRMATION_MISSING, DISK_FULL, DISK_FAILED */
export async function makeBundle(wish: BundleWish): Promise<MadeBundle> {
  const { spec, facts, version } = wish;
  const head: BundleHead = { cluster: spec.name, wallMs: facts.atWallMs, version };
  const diagnosis = diagnose(facts);
  const nodes = await Promise.all(spec.nodes.map((node) => nodeFiles(wish, node)));
  const events = inOrder(facts.events);
  const files: TarFile[] = [
    json('facts.json', facts),
    json('findings.json', diagnosis),
    text('findings.txt', diagnosisLines(diagnosis, PLAIN)),
    text('elections.txt', electionTable(electionsOf(events), PLAIN)),
    ndjson('events.ndjson', events),
    json('status.json', facts.status),
    // Not `cluster.json`: where it is unpacked there is no cluster.
    json('description.json', spec),
    json('environment.json', describeEnvironment(version)),
    ...Object.entries(wish.more ?? {}).map(([name, value]) => json(name, value)),
    ...nodes.flat(),
  ];
  const forms = await secretForms(wish.store, spec);
  const clean = files.map(({ name, content }) => {
    return { name, content: withoutSecret(Buffer.from(content), forms) };
  });
  const packed = await packBundle(head, clean);
  const file = wish.path ?? `${bundleName(head)}.tar.gz`;
  await writeWholeFile({
    path: file,
    mayReplace: wish.mayReplace,
    fill: (write) => write(packed.archive),
    check: async (temporary) => void (await readBundledFacts(temporary)),
  });
  return { file, bytes: packed.archive.length, files: packed.files, diagnosis };
}

async function nodeFiles(wish: BundleWish, node: ClusterNode): Promise<TarFile[]> {
  const known = wish.facts.nodes.find(({ id }) => id === node.id);
  const place = (name: string): string => `nodes/${node.id}/${name}`;
  const found = await onDisk(wish, node);
  const files = [
    json(place('config.json'), known?.config ?? null),
    json(place('directory.json'), { directory: node.dataDir, files: found?.files ?? null }),
    text(place('log.txt'), [found?.logTail.trimEnd() ?? '']),
  ];
  if (known?.vitals == null) return files;
  return [...files, json(place('vitals.json'), known.vitals), ...(await asked(node, known))];
}

/** Null: its machine was not reached. */
async function onDisk(
  { store, spec, disks }: BundleWish,
  { id, dataDir }: ClusterNode,
): Promise<NodeFiles | null> {
  if (disks !== undefined) return disks.find((one) => one.id === id) ?? null;
  return filesOnDisk(dataDir, store.logFileOf(spec.name, id));
}

/** What only a node that answers can tell. */
async function asked({ id, adminAddress }: ClusterNode, known: NodeFacts): Promise<TarFile[]> {
  const watcher = new NodeWatcher(adminAddress, () => {});
  try {
    const [metrics, view, phases] = await Promise.all([
      watcher.text('/metrics', ANSWER_MS_MAX).catch(() => null),
      watcher.json('/v1/log', ANSWER_MS_MAX).catch(() => null),
      watcher.json('/v1/phases', ANSWER_MS_MAX).catch(() => null),
    ]);
    const { batches } = (view as { data?: NodeLogView } | null)?.data ?? { batches: [] };
    const files = [
      json(`nodes/${id}/phases.json`, phases),
      json(`nodes/${id}/log-statistics.json`, logStatistics(known, batches)),
    ];
    return metrics === null ? files : [...files, text(`nodes/${id}/metrics.txt`, [metrics])];
  } finally {
    watcher.close();
  }
}

function logStatistics({ vitals }: NodeFacts, batches: NodeLogView['batches']): unknown {
  const status = vitals?.status;
  const kinds: Record<string, { batches: number; entries: number; bytes: number }> = {};
  for (const { kind, first, last, bytes } of batches) {
    const sum = kinds[kind] ?? { batches: 0, entries: 0, bytes: 0 };
    const entries = sum.entries + last - first + 1;
    kinds[kind] = { batches: sum.batches + 1, entries, bytes: sum.bytes + bytes };
  }
  return {
    firstIndex: status?.firstIndex,
    lastIndex: status?.lastIndex,
    commitIndex: status?.commitIndex,
    appliedIndex: status?.appliedIndex,
    durableIndex: status?.durableIndex,
    logBytes: status?.logBytes,
    snapshotIndex: status?.snapshotIndex,
    snapshotBytes: status?.snapshotBytes,
    /** Of what the node holds in memory: the end of its log. */
    inMemory: { kinds, newest: batches.slice(0, 100) },
  };
}

async function secretForms(store: ClusterStore, spec: ClusterSpec): Promise<readonly Buffer[]> {
  const secretHex = (await readFile(store.secretFileOf(spec.name), 'utf8').catch(() => '')).trim();
  return secretHex === '' ? [] : formsOfSecret(secretHex);
}

function json(name: string, value: unknown): TarFile {
  return { name, content: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) };
}

function text(name: string, lines: readonly string[]): TarFile {
  return { name, content: Buffer.from(`${lines.join('\n')}\n`) };
}

function ndjson(name: string, values: readonly unknown[]): TarFile {
  return {
    name,
    content: Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join('')),
  };
}
