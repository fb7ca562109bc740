/** Entries that the log has forgotten, as the batches they came in: for loggers that come late. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { RaftctlError } from '../../std/errors.ts';
import { THROUGH_HEADER } from '../../wire/log-view.ts';
import type { AdminReplica } from './admin-contract.ts';
import { AdminRefusal, commonHeaders } from './admin-reply.ts';

export async function answerWithHistory(
  response: ServerResponse,
  replica: AdminReplica,
  wanted: string | null,
): Promise<void> {
  if (wanted === null || !/^[1-9]\d{0,14}$/.test(wanted)) {
    const message = 'Cannot tell which entries are meant without the first one';
    throw new AdminRefusal(400, { code: 'USAGE', message, hint: 'Add ?from=' });
  }
  const history = await replica.history(Number(wanted));
  if (history === null) {
    throw new AdminRefusal(404, {
      code: 'REQUEST_REFUSED',
      message: `Cannot send the entries from ${wanted} on as ${replica.memberName} does not have them all`,
    });
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, {
    ...commonHeaders('application/octet-stream'),
    [THROUGH_HEADER]: String(history.through),
  });
  try {
    for await (const { bytes } of history.batches) {
      if (gone.signal.aborted) return;
      if (response.write(bytes)) continue;
      await once(response, 'drain', { signal: gone.signal }).catch(() => {});
    }
  } catch (error) {
    if (!(error instanceof RaftctlError)) throw error;
    // The head is out: a connection that breaks is all that can be said of a disk that fails.
    response.destroy();
  }
  response.end();
}
