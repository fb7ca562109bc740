/** Snapshots over the admin port: which there are, a new one, and the file of one. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { RaftctlError } from '../../std/errors.ts';
import type { NodeSnapshots, SnapshotAsked } from '../../wire/snapshots.ts';
import type { AdminReplica, SnapshotDownload } from './admin-contract.ts';
import { AdminRefusal, commonHeaders, sendData } from './admin-reply.ts';

/** Read and written in one go. */
const PART_BYTES = 256 * 1024;

export async function answerWithSnapshots(
  response: ServerResponse,
  replica: AdminReplica,
): Promise<void> {
  const snapshots = await orRefusal(replica.snapshots.list());
  const { cluster, clusterId, app, id } = replica.status();
  const data: NodeSnapshots = {
    ...{ id, cluster, clusterId, app, snapshots },
    ...replica.snapshots.progress(),
  };
  sendData(response, 'admin.snapshots', data);
}

export function answerWithTake(response: ServerResponse, replica: AdminReplica): void {
  const { failures } = replica.snapshots.progress();
  const data: SnapshotAsked = {
    id: replica.memberName,
    index: replica.snapshots.take(),
    failures,
  };
  sendData(response, 'admin.snapshot', data, 202);
}

/** The bytes of the file, however slowly they are taken: the node keeps it open meanwhile. */
export async function answerWithFile(
  response: ServerResponse,
  replica: AdminReplica,
  wanted: string | null,
): Promise<void> {
  const index = Number(wanted);
  if (wanted === null || !/^\d{1,15}$/.test(wanted)) {
    const message = 'Cannot tell which snapshot is meant without its index';
    throw new AdminRefusal(400, { code: 'USAGE', message, hint: 'Add ?index=' });
  }
  const file = await orRefusal(replica.snapshots.open(index));
  if (file === null) {
    throw new AdminRefusal(404, {
      code: 'SNAPSHOT_NOT_FOUND',
      message: `Cannot send the snapshot at entry ${index} as ${replica.memberName} keeps none there`,
      hint: 'Ask /v1/snapshots which there are',
    });
  }
  try {
    await send(response, file).finally(() => file.close());
  } catch (error) {
    if (!(error instanceof RaftctlError)) throw error;
    // The head is out: a connection that breaks is all that can be said of a disk that fails.
    response.destroy();
  }
}

async function send(response: ServerResponse, file: SnapshotDownload): Promise<void> {
  const gone = new AbortController();
  // Who went away while the file was looked for is not told of again.
  if (response.closed) gone.abort();
  response.once('close', () => gone.abort());
  response.writeHead(200, {
    ...commonHeaders('application/octet-stream'),
    'content-length': file.bytes,
  });
  for (let offset = 0; offset < file.bytes && !gone.signal.aborted; ) {
    const part = await file.read(offset, Math.min(PART_BYTES, file.bytes - offset));
    offset += part.length;
    if (response.write(part)) continue;
    await once(response, 'drain', { signal: gone.signal }).catch(() => {});
  }
  response.end();
}

/** Trouble with the disk is the answer here; what the replica makes of it is its business. */
async function orRefusal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof RaftctlError)) throw cause;
    throw new AdminRefusal(500, { code: cause.code, message: cause.message });
  }
}
