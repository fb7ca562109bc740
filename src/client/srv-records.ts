/**
 * Where clients find nodes when DNS knows: a name's SRV records of the port `client` or `admin`, as
 * the headless Service of a cluster on Kubernetes has them.
 */
import { Resolver } from 'node:dns/promises';
import { formatAddress } from '../std/address.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';

const DNS_MS = 2000;
const DNS_TRIES = 2;

export interface DiscoverChoice {
  /** `srv:NAME`; `dns:NAME`, as nodes are told, is the same. */
  readonly discover?: string | undefined;
  /** A DNS server to ask in the place of the system's. */
  readonly dns?: string | undefined;
}

/** @throws {RaftctlError} USAGE; UNREACHABLE when DNS does not answer, or knows none. */
export async function addressesBySrv(
  text: string,
  server: string | null,
  port: 'client' | 'admin' = 'client',
): Promise<string[]> {
  const [, name] = /^(?:srv|dns):([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/i.exec(text) ?? [];
  if (name === undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot find nodes by ${JSON.stringify(text)}: it is not srv:NAME`,
      hint: 'For example srv:demo.default.svc.cluster.local, the name of a headless Service',
    });
  }
  const resolver = new Resolver({ timeout: DNS_MS, tries: DNS_TRIES });
  if (server !== null) resolver.setServers([server]);
  const record = `_${port}._tcp.${name}`;
  try {
    const found = await resolver.resolveSrv(record);
    return found
      .sort((a, b) => a.priority - b.priority || a.name.localeCompare(b.name, 'en'))
      .map((one) => formatAddress({ host: one.name.replace(/\.$/, ''), port: one.port }));
  } catch (cause) {
    throw new RaftctlError('UNREACHABLE', {
      message: `Cannot find nodes by ${record}: DNS says ${systemCode(cause) ?? String(cause)}`,
      hint: 'It is the name of a headless Service with its namespace and domain, asked inside of the cluster',
      cause,
    });
  }
}
