/**
 * Keeps web pages away from a node. A page of a foreign site may make a browser call loopback
 * addresses, by name when the site's name is made to point there (DNS rebinding); such calls carry
 * the site's name as Host or Origin.
 */
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../std/address.ts';

/** @returns the host of `host`, `host:port` or `[v6]:port`, in lower case. */
export function hostOf(address: string): string {
  const bracket = address.indexOf(']');
  if (address.startsWith('[') && bracket > 0) return address.slice(1, bracket).toLowerCase();
  const colon = address.indexOf(':');
  // Two colons and no brackets: an IPv6 address alone.
  if (colon < 0 || address.indexOf(':', colon + 1) > 0) return address.toLowerCase();
  return address.slice(0, colon).toLowerCase();
}

/** @returns why the request is refused, or null. */
export function refusesOrigin(request: IncomingMessage, hosts: ReadonlySet<string>): string | null {
  // An address the client has reached us by cannot be a rebound name.
  const own = request.socket.localAddress ?? '';
  const known = (address: string): boolean => {
    const host = hostOf(address);
    return isLoopback(host) || hosts.has(host) || host === own;
  };
  const { host, origin } = request.headers;
  if (host !== undefined && !known(host)) return 'this node has no such host name';
  if (origin === undefined) return null;
  const scheme = /^https?:\/\/([^/]+)$/.exec(origin);
  return scheme !== null && known(scheme[1] as string) ? null : 'requests of web pages are refused';
}
