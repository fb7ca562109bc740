/** What a logger lacks that comes late, out of the archives of members (`retain = all`). */
import { readFile } from 'node:fs/promises';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { entrust } from '../client/credentials.ts';
import { openDownload } from '../client/snapshot-client.ts';
import { credentialsIn } from '../cluster/newcomer-security.ts';
import { backfill, type Fetched } from '../node/backfill.ts';
import { RaftctlError } from '../std/errors.ts';
import { SILENT_LOG } from '../std/log.ts';
import { THROUGH_HEADER } from '../wire/log-view.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { MemberStatus } from '../wire/status.ts';

const STATUS_MS = 2000;
/** A member looks through all of its archive before it answers. */
const SILENCE_MS_MAX = 60_000;

/**
 * To be called before the logger runs: it asks for nothing the leader would send anyway.
 *
 * @throws {RaftctlError} UNREACHABLE when somebody who may have them could not be asked.
 */
export async function fetchHistory(
  directory: string,
  config: NodeConfig,
  say: (line: string) => void,
): Promise<void> {
  const others = config.members.filter(({ member }) => member !== config.member);
  const addresses = others.map(({ adminAddress }) => adminAddress);
  if (config.security !== undefined) {
    entrust(addresses, await credentialsIn(config.security, directory));
  }
  const asked = addresses.map((address) => fetchNodeStatus(address, STATUS_MS).catch(() => null));
  const statuses = (await Promise.all(asked)).filter((status) => status !== null);
  const leader = statuses.find(
    ({ role, clusterId }) => role === 'leader' && clusterId === config.clusterId,
  );
  if (leader === undefined || leader.firstIndex <= 1) return;
  const secretHex = (await readFile(config.secretFile, 'utf8')).trim();
  const missing = await backfill({
    ...{ directory, config, log: SILENT_LOG, firstIndex: leader.firstIndex },
    fetch: (from) => askMembers(leader.members, { own: config.member, secretHex, from }),
  });
  if (missing === null) return;
  const { first, last } = missing;
  say(
    `no member of ${config.cluster} has entries ${first} to ${last} any more: the log lacks them`,
  );
}

/**
 * Asks one after the other. Who has no vote may be gone for good, a voter that is silent may be the
 * one that has them: what the log lacks once, it lacks for ever.
 *
 * @returns null: none of them has the entries. @throws {RaftctlError} UNREACHABLE
 */
export async function askMembers(
  members: readonly Pick<MemberStatus, 'id' | 'member' | 'voter' | 'adminAddress'>[],
  ask: { readonly own: number; readonly secretHex: string; readonly from: number },
): Promise<Fetched | null> {
  let silent: RaftctlError | null = null;
  for (const { id, member, voter, adminAddress } of members) {
    if (member === ask.own) continue;
    const node = { adminAddress, secretHex: ask.secretHex, timeoutMs: SILENCE_MS_MAX };
    try {
      const response = await openDownload(node, `/v1/log/entries?from=${ask.from}`);
      return { through: Number(response.headers[THROUGH_HEADER]), pieces: response };
    } catch (error) {
      if (!(error instanceof RaftctlError)) throw error;
      if (error.code !== 'REQUEST_REFUSED' && voter) silent = cannotTell(id, error);
    }
  }
  if (silent !== null) throw silent;
  return null;
}

function cannotTell(id: string, cause: RaftctlError): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot tell whether ${id} has entries that the log lacks: ${cause.message}`,
    hint: `Start ${id}, or take it out of the cluster: raftctl member remove ${id}`,
    cause,
  });
}
