/** Addresses as text: `host:port`, `[::1]:port`. */
import { RaftctlError } from '../std/errors.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** @throws {RaftctlError} USAGE when the text is not an address. */
export function splitAddress(address: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new RaftctlError('USAGE', {
      message: `Cannot read ${JSON.stringify(address)} as an address: it is not HOST:PORT`,
      hint: 'For example 127.0.0.1:11000',
    });
  }
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}
