/**
 * Profiles of running nodes: all begin at one instant of the clock that the machine's processes
 * share, each streams back what it took, and each lies in a file of its own.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readAnswer } from '../client/admin-post.ts';
import { callAdmin } from '../client/dial.ts';
import { RaftctlError } from '../std/errors.ts';
import { PROFILE_STARTED_HEADER, type ProfileKind, profileFileName } from '../wire/profiles.ts';

export interface ProfiledNode {
  readonly id: string;
  readonly pid: number;
  readonly adminAddress: string;
}

export interface CaptureInit {
  readonly kind: ProfileKind;
  readonly nodes: readonly ProfiledNode[];
  readonly durationMs: number;
  readonly intervalUs: number;
  readonly directory: string;
  readonly secretHex: string;
  readonly signal: AbortSignal;
}

export interface CapturedProfile {
  readonly id: string;
  readonly kind: ProfileKind;
  readonly file: string;
  readonly bytes: number;
  /** Monotonic milliseconds of the machine. */
  readonly startedMonoMs: number;
}

/** Far enough away that every node has heard of it. */
const START_AFTER_MS = 250;
/**
 * To begin to sample holds up a process for a tenth of a second: early enough before the instant,
 * and one node after the other, so that the rest of the cluster works on.
 */
const WARM_MS = 600;
const WARM_STEP_MS = 200;
/** A snapshot of a large heap takes its time. */
const ANSWER_MS_MAX = 120_000;

/** @throws {RaftctlError} what the first node in trouble says; UNREACHABLE, INTERRUPTED. */
export async function captureProfiles(init: CaptureInit): Promise<CapturedProfile[]> {
  await mkdir(init.directory, { recursive: true });
  const leadMs = START_AFTER_MS + (init.kind === 'cpu' ? warmMsOf(init.nodes.length - 1) : 0);
  const startMonoMs = Number(process.hrtime.bigint()) / 1e6 + leadMs;
  return Promise.all(init.nodes.map((node, i) => captureOne(init, node, { startMonoMs, i })));
}

function warmMsOf(place: number): number {
  return WARM_MS + place * WARM_STEP_MS;
}

async function captureOne(
  init: CaptureInit,
  node: ProfiledNode,
  at: { readonly startMonoMs: number; readonly i: number },
): Promise<CapturedProfile> {
  const { kind, durationMs, intervalUs, directory } = init;
  const query = `kind=${kind}&ms=${durationMs}&interval=${intervalUs}`;
  const path = `/v1/profile?${query}&at=${at.startMonoMs}&warm=${warmMsOf(at.i)}`;
  const name = profileFileName(kind, {
    time: new Date().toISOString(),
    pid: node.pid,
    sequence: 1,
  });
  const file = join(directory, `${node.id}.${name}`);
  // What was cut off must not look like a whole one.
  const partial = `${file}.partial`;
  const startedMonoMs = await download(init, { node, path, file: partial });
  await rename(partial, file);
  return { id: node.id, kind, file, bytes: (await stat(file)).size, startedMonoMs };
}

function download(
  { secretHex, durationMs, signal }: CaptureInit,
  {
    node,
    path,
    file,
  }: { readonly node: ProfiledNode; readonly path: string; readonly file: string },
): Promise<number> {
  const address = node.adminAddress;
  const headers = { 'x-raftctl-secret': secretHex };
  const timeout = durationMs + ANSWER_MS_MAX;
  return new Promise((resolve, reject) => {
    const call = callAdmin(
      { method: 'POST', address, path, headers, signal, timeout },
      (response) => {
        if (response.statusCode !== 200) {
          refuse(node, response).catch(reject);
          return;
        }
        const startedMonoMs = Number(response.headers[PROFILE_STARTED_HEADER]);
        pipeline(response, createWriteStream(file, { mode: 0o600 })).then(
          () => resolve(startedMonoMs),
          (error: Error) => reject(troubleOf(node, error, signal)),
        );
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeout} ms`)));
    call.on('error', (error) => reject(troubleOf(node, error, signal)));
    call.end();
  });
}

/** @throws {RaftctlError} what the node answered, with its code: always. */
async function refuse(node: ProfiledNode, response: AsyncIterable<Buffer>): Promise<never> {
  let text = '';
  for await (const piece of response) text += piece.toString('utf8');
  try {
    readAnswer(text, node.adminAddress);
    throw new RaftctlError('UNREACHABLE', { message: 'it sent no profile' });
  } catch (cause) {
    if (!(cause instanceof RaftctlError)) throw cause;
    const { code, message, hint } = cause;
    const named = { message: `Cannot profile ${node.id}: ${message}`, cause };
    throw new RaftctlError(code, hint === null ? named : { ...named, hint });
  }
}

function troubleOf(
  { id, adminAddress }: ProfiledNode,
  cause: Error,
  signal: AbortSignal,
): RaftctlError {
  if (signal.aborted) {
    return new RaftctlError('INTERRUPTED', { message: 'Interrupted; no profile was kept' });
  }
  const message = `Cannot profile ${id} at ${adminAddress}: ${cause.message}`;
  return new RaftctlError('UNREACHABLE', { message, cause });
}
