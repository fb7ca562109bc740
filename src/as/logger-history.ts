/** What a logger lacks that comes late, out of the archives of members (`retain = all`). */
import { readFile } from 'node:fs/promises';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { openDownload } from '../client/snapshot-client.ts';
import { backfill, type Fetched } from '../node/backfill.ts';
import { SILENT_LOG } from '../std/log.ts';
import { THROUGH_HEADER } from '../wire/log-view.ts';
import type { NodeConfig } from '../wire/node-config.ts';

const STATUS_MS = 2000;
/** A member looks through all of its archive before it answers. */
const SILENCE_MS_MAX = 60_000;

/** To be called before the logger runs: it asks for nothing the leader would send anyway. */
export async function fetchHistory(
  directory: string,
  config: NodeConfig,
  say: (line: string) => void,
): Promise<void> {
  const others = config.members.filter(({ member }) => member !== config.member);
  const asked = others.map(({ adminAddress }) =>
    fetchNodeStatus(adminAddress, STATUS_MS).catch(() => null),
  );
  const statuses = (await Promise.all(asked)).filter((status) => status !== null);
  const leader = statuses.find(
    ({ role, clusterId }) => role === 'leader' && clusterId === config.clusterId,
  );
  if (leader === undefined || leader.firstIndex <= 1) return;
  const secretHex = (await readFile(config.secretFile, 'utf8')).trim();
  const missing = await backfill({
    ...{ directory, config, log: SILENT_LOG, firstIndex: leader.firstIndex },
    fetch: async (from) => {
      for (const { adminAddress } of leader.members) {
        const node = { adminAddress, secretHex, timeoutMs: SILENCE_MS_MAX };
        const fetched = await fetchFrom(node, from);
        if (fetched !== null) return fetched;
      }
      return null;
    },
  });
  if (missing === null) return;
  const { first, last } = missing;
  say(
    `no member of ${config.cluster} has entries ${first} to ${last} any more: the log lacks them`,
  );
}

async function fetchFrom(
  node: Parameters<typeof openDownload>[0],
  from: number,
): Promise<Fetched | null> {
  const response = await openDownload(node, `/v1/log/entries?from=${from}`).catch(() => null);
  if (response === null) return null;
  return { through: Number(response.headers[THROUGH_HEADER]), pieces: response };
}
