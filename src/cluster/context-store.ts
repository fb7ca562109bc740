/** Changes the file of contexts, and says what a context leads to on this machine. */
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { splitAddress } from '../client/address.ts';
import { isContextName, NO_CONTEXT } from '../config/context-names.ts';
import { type Context, type Contexts, contextsText } from '../config/contexts.ts';
import { RaftctlError } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';
import { writeWhole } from './durable-file.ts';
import { ClusterStore } from './store.ts';

/** What is said of a context; left out: as it was. */
export interface ContextWish {
  readonly cluster?: string | undefined;
  /** Folder of that cluster. */
  readonly dir: string;
  readonly endpoints?: string | undefined;
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** A folder as `raftctl tls init` makes it: authorities, certificate and token of an operator. */
  readonly tlsFolder?: string | undefined;
  readonly readOnly?: boolean | undefined;
}

export async function saveContexts(contexts: Contexts): Promise<void> {
  await mkdir(dirname(contexts.path), { recursive: true });
  // Who links the file into a repository of settings keeps the link.
  const path = await realpath(contexts.path).catch(() => contexts.path);
  await writeWhole({ path, text: await contextsText(contexts), mode: 0o600 });
}

/**
 * A new context, or a known one with what is said of it changed.
 *
 * @throws {RaftctlError} USAGE, CLUSTER_NOT_FOUND, TLS_INVALID
 */
export async function contextAs(
  name: string,
  known: Context | null,
  wish: ContextWish,
): Promise<Context> {
  checkName(name);
  const readOnly = wish.readOnly ?? known?.readOnly ?? false;
  const place = await placeAs(name, known, { ...wish, readOnly });
  return { name, ...place, readOnly, line: known?.line ?? 0 };
}

function checkName(name: string): void {
  if (isContextName(name)) return;
  throw new RaftctlError('USAGE', {
    message: `Cannot name a context ${JSON.stringify(name)}: names are letters, digits, . _ - and start with a letter or digit`,
    ...(name === NO_CONTEXT ? { hint: `${NO_CONTEXT} means that there is no context` } : {}),
  });
}

type Place = Omit<Context, 'name' | 'readOnly' | 'line'>;

const NO_TRUST = { tlsCa: null, tlsCert: null, tokenFile: null };

async function placeAs(name: string, known: Context | null, wish: ContextWish): Promise<Place> {
  const { cluster, endpoints } = wish;
  if (cluster !== undefined && endpoints !== undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot let context ${name} name both a cluster of this machine and addresses`,
      hint: 'Say either --cluster or --endpoints',
    });
  }
  const trust = await trustAs(wish, wish.readOnly === true);
  const staysHere = endpoints === undefined && (known?.cluster ?? null) !== null;
  if (cluster !== undefined || staysHere) {
    if (Object.keys(trust).length > 0) {
      throw new RaftctlError('USAGE', {
        message: `Cannot give context ${name} certificates or a token: a cluster of this machine has its own`,
      });
    }
    if (cluster === undefined && known !== null) return known;
    const dir = resolve(wish.dir);
    await checkCluster(dir, cluster ?? '');
    return { dir, cluster: cluster ?? null, endpoints: null, ...NO_TRUST };
  }
  const addresses = endpoints?.split(',').map((part) => part.trim()) ?? known?.endpoints ?? null;
  if (addresses === null) {
    throw new RaftctlError('USAGE', {
      message: `Cannot make context ${name}: it says nothing of where the cluster is`,
      hint: 'Add --cluster NAME, or --endpoints HOST:PORT,...',
    });
  }
  for (const address of addresses) splitAddress(address);
  // What was shown to other addresses is nobody else's business.
  const {
    tlsCa = null,
    tlsCert = null,
    tokenFile = null,
  } = {
    ...(endpoints === undefined ? known : null),
    ...trust,
  };
  return { dir: null, cluster: null, endpoints: addresses, tlsCa, tlsCert, tokenFile };
}

async function trustAs(wish: ContextWish, readOnly: boolean): Promise<Partial<typeof NO_TRUST>> {
  const inFolder = wish.tlsFolder === undefined ? {} : await trustIn(wish.tlsFolder, readOnly);
  const files = {
    ...inFolder,
    ...(wish.tlsCa === undefined ? {} : { tlsCa: wish.tlsCa }),
    ...(wish.tlsCert === undefined ? {} : { tlsCert: wish.tlsCert }),
    ...(wish.tokenFile === undefined ? {} : { tokenFile: wish.tokenFile }),
  };
  const found: Record<string, string> = {};
  for (const [key, file] of Object.entries(files)) {
    if (file === '-' || !(await isFile(file))) {
      throw new RaftctlError('TLS_INVALID', {
        message: `Cannot use ${file} in a context: it is no file`,
        hint: 'Where certificates come from: raftctl tls init --help',
      });
    }
    found[key] = resolve(file);
  }
  return found;
}

/** Of what a folder holds: the authorities, and what shows no more than is needed. */
async function trustIn(folder: string, readOnly: boolean): Promise<Record<string, string>> {
  const tlsCert = join(folder, 'operator.pem');
  const tokenFile = join(folder, readOnly ? 'client-read.token' : 'client.token');
  return {
    tlsCa: join(folder, 'ca.pem'),
    ...(!readOnly && (await isFile(tlsCert)) ? { tlsCert } : {}),
    ...((await isFile(tokenFile)) ? { tokenFile } : {}),
  };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

/** A slip of the finger is found now, not when the context is used. */
async function checkCluster(dir: string, cluster: string): Promise<void> {
  const store = new ClusterStore(dir);
  const names = (await store.list()).map((spec) => spec.name);
  if (names.includes(cluster)) return;
  const near = nearestWord(cluster, names);
  throw new RaftctlError('CLUSTER_NOT_FOUND', {
    message: `Cannot find cluster ${cluster} in ${dir}: ${names.length === 0 ? 'there is none' : `it holds ${names.join(', ')}`}`,
    hint: near === null ? `Make it first: raftctl cluster up ${cluster}` : `Did you mean: ${near}?`,
  });
}

/** A context as commands show it. */
export interface ContextRow {
  readonly name: string;
  /** It holds for commands that name none. */
  readonly isCurrent: boolean;
  readonly cluster: string | null;
  readonly dir: string | null;
  readonly endpoints: readonly string[] | null;
  readonly tlsCa: string | null;
  readonly tlsCert: string | null;
  readonly tokenFile: string | null;
  readonly readOnly: boolean;
  /** Whether its cluster exists; null: it has addresses, which are not tried. */
  readonly exists: boolean | null;
}

export async function rowOf(context: Context, current: string | null): Promise<ContextRow> {
  const { line: _, ...said } = context;
  const { dir, cluster } = context;
  const exists =
    cluster === null || dir === null ? null : await isFile(join(dir, cluster, 'cluster.json'));
  return { ...said, isCurrent: context.name === current, exists };
}

/** Where it leads, in a few words. */
export function reachText({ cluster, dir, endpoints, exists }: ContextRow): string {
  if (endpoints !== null) return endpoints.join(',');
  const folder = dir === null ? '' : ` in ${dir}`;
  return `cluster ${cluster}${folder}${exists === false ? ' (gone)' : ''}`;
}
