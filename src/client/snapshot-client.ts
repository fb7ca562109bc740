/** A node's snapshots, asked of its admin port. */
import type { IncomingMessage } from 'node:http';
import { RaftctlError } from '../std/errors.ts';
import type { NodeSnapshots, SnapshotAsked } from '../wire/snapshots.ts';
import { postAdmin, readAnswer } from './admin-post.ts';
import { adminUnreachable, askAdmin } from './admin-request.ts';
import { callAdmin } from './dial.ts';

/** An answer over this is no list of snapshots. Bytes. */
const ANSWER_BYTES_MAX = 1024 * 1024;

export interface SnapshotNode {
  readonly adminAddress: string;
  readonly secretHex: string;
  /** How long nothing may move. */
  readonly timeoutMs: number;
}

/** @throws {RaftctlError} what the node answered; UNREACHABLE when it did not. */
export async function fetchSnapshots(node: SnapshotNode): Promise<NodeSnapshots> {
  const { adminAddress: address, secretHex, timeoutMs } = node;
  const ask = { address, path: '/v1/snapshots', secretHex, timeoutMs, what: 'its snapshots' };
  const answer = await askAdmin({ ...ask, method: 'GET', answerBytesMax: ANSWER_BYTES_MAX });
  return readAnswer(answer.text, address) as NodeSnapshots;
}

/** Asks for a snapshot of what the node has applied now; it is begun, not done. */
export async function askForSnapshot(node: SnapshotNode): Promise<SnapshotAsked> {
  const { adminAddress: address, secretHex, timeoutMs } = node;
  const post = { address, path: '/v1/snapshots/take', secretHex, timeoutMs };
  return (await postAdmin(post)) as SnapshotAsked;
}

/**
 * Hands out the bytes of a snapshot's file; the next come when the last were taken.
 *
 * @returns how many there were.
 * @throws {RaftctlError} SNAPSHOT_NOT_FOUND; UNREACHABLE, also when the file breaks off.
 */
export async function downloadSnapshot(
  node: SnapshotNode,
  index: number,
  onBytes: (bytes: Uint8Array) => Promise<void>,
): Promise<number> {
  const response = await openDownload(node, `/v1/snapshots/file?index=${index}`);
  const total = Number(response.headers['content-length']);
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      await onBytes(part);
    }
  } catch (cause) {
    if (cause instanceof RaftctlError || response.complete) throw cause;
    throw brokenOff(node, bytes, total, cause);
  }
  if (bytes !== total) throw brokenOff(node, bytes, total);
  return bytes;
}

/** @throws {RaftctlError} what the node answered when it sends no file. */
export async function openDownload(node: SnapshotNode, path: string): Promise<IncomingMessage> {
  const response = await get(node, path);
  if (response.statusCode === 200) return response;
  readAnswer(await textOf(response), node.adminAddress);
  throw unreachable(node.adminAddress, `HTTP status ${response.statusCode}`);
}

function get(node: SnapshotNode, path: string): Promise<IncomingMessage> {
  const { adminAddress, secretHex, timeoutMs } = node;
  const headers = { 'x-raftctl-secret': secretHex };
  return new Promise((resolve, reject) => {
    const call = callAdmin({ address: adminAddress, path, headers, timeout: timeoutMs }, resolve);
    call.on('timeout', () => call.destroy(new Error(`nothing came for ${timeoutMs} ms`)));
    call.on('error', (error) => reject(unreachable(adminAddress, error.message, error)));
    call.end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    text += String(piece);
    if (text.length > ANSWER_BYTES_MAX) break;
  }
  return text;
}

function brokenOff(
  node: SnapshotNode,
  bytes: number,
  total: number,
  cause?: unknown,
): RaftctlError {
  return unreachable(node.adminAddress, `it broke off after ${bytes} of ${total} bytes`, cause);
}

function unreachable(address: string, reason: string, cause?: unknown): RaftctlError {
  return adminUnreachable({ address, what: 'its snapshots' }, reason, cause);
}
