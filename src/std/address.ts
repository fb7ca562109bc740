/** Network addresses as people write them: `host:port`, `[::1]:port`, `:port` (loopback). */

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`; an empty host means loopback. @returns null when it is no address. */
export function parseAddress(text: string): HostPort | null {
  const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  if (port > 65_535) return null;
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}

/** Whether only programs of the same machine reach it; names are not looked up. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export function formatAddress(address: HostPort): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
