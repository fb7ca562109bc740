/** Why a client port cannot be listened on. */
import { RaftctlError, systemCode } from '../../std/errors.ts';

export function listenError(address: string, error: Error): RaftctlError {
  const code = systemCode(error);
  if (code === 'EADDRINUSE') {
    return new RaftctlError('ADDRESS_IN_USE', {
      message: `Cannot listen for clients as the address is in use: ${address}`,
      hint: 'Stop the process that listens there, or choose another port',
      cause: error,
    });
  }
  return new RaftctlError('CONFIG_INVALID', {
    message: `Cannot listen for clients on ${address}: ${code ?? error.message}`,
    hint: 'Give an address of this machine as host:port',
    cause: error,
  });
}
