/**
 * Where the members of a cluster are, when nobody names them: a headless Service has an SRV record
 * `_admin._tcp.<service>` for each of its pods, and the API lists the pods of the StatefulSet that
 * has the Service's name.
 */
import { Resolver } from 'node:dns/promises';
import { formatAddress, parseAddress } from '../std/address.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import type { PodApi } from './pod-api.ts';

/** Of the port of administration in the Service. */
export const ADMIN_PORT_NAME = 'admin';
const DNS_MS = 2000;
const DNS_TRIES = 2;
/** What a DNS server answers where there is nothing (yet). */
const NOTHING: ReadonlySet<string | null> = new Set(['ENOTFOUND', 'ENODATA', 'ESERVFAIL']);

/** How members are found: `dns:SERVICE`, `api:SERVICE`, or addresses. */
export type Discovery =
  | { readonly type: 'dns' | 'api'; readonly service: string }
  | { readonly type: 'listed'; readonly addresses: readonly string[] };

/** @throws {RaftctlError} USAGE */
export function parseDiscovery(text: string): Discovery {
  const [, type, service] = /^(dns|api):([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/.exec(text) ?? [];
  if (service !== undefined) return { type: type === 'dns' ? 'dns' : 'api', service };
  const addresses = text.split(',').map((part) => part.trim());
  if (addresses.every((address) => (parseAddress(address)?.port ?? 0) > 0)) {
    return { type: 'listed', addresses };
  }
  throw new RaftctlError('USAGE', {
    message: `Cannot find members by ${JSON.stringify(text)}: it is not dns:NAME, api:NAME or HOST:PORT,...`,
    hint: 'For example dns:demo.default.svc.cluster.local, the name of a headless Service',
  });
}

/**
 * Admin addresses of all pods of a headless Service, those that are not ready too.
 *
 * @param server Asked in the place of the system's DNS servers.
 * @throws {RaftctlError} UNREACHABLE when no DNS server answers.
 */
export async function membersByDns(
  service: string,
  server: string | null,
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: DNS_MS, tries: DNS_TRIES });
  if (server !== null) resolver.setServers([server]);
  const name = `_${ADMIN_PORT_NAME}._tcp.${service}`;
  try {
    const records = await resolver.resolveSrv(name);
    const found = records.map(({ name: target, port }) =>
      formatAddress({ host: target.replace(/\.$/, ''), port }),
    );
    return found.sort();
  } catch (cause) {
    if (NOTHING.has(systemCode(cause))) return [];
    throw new RaftctlError('UNREACHABLE', {
      message: `Cannot ask DNS for ${name}: ${systemCode(cause) ?? String(cause)}`,
      hint: 'Is the name that of the headless Service, with its namespace and the domain?',
      cause,
    });
  }
}

/**
 * The same by the API: the pods `<statefulset>-<number>` that have an address.
 *
 * @param port Of administration, in all pods.
 * @throws {RaftctlError} UNREACHABLE, REQUEST_REFUSED
 */
export async function membersByApi(
  api: PodApi,
  service: string,
  port: number,
): Promise<readonly string[]> {
  const { pods } = await api.list();
  const stem = `${service.split('.')[0]}-`;
  return pods
    .filter(({ name, ip, isEnding }) => {
      const rest = name.startsWith(stem) ? name.slice(stem.length) : '';
      return ip !== null && !isEnding && /^\d+$/.test(rest);
    })
    .map(({ name }) => formatAddress({ host: `${name}.${service}`, port }))
    .sort();
}
