/** Addresses that a user typed or a file holds, where one that cannot be read is trouble. */
import { type HostPort, parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';

/** @throws {RaftctlError} USAGE when the text is not an address. */
export function splitAddress(address: string): HostPort {
  const parsed = parseAddress(address);
  if (parsed !== null && parsed.port > 0) return parsed;
  throw new RaftctlError('USAGE', {
    message: `Cannot read ${JSON.stringify(address)} as an address: it is not HOST:PORT`,
    hint: 'For example 127.0.0.1:11000',
  });
}
