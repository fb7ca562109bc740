/** Opens a port; when it is taken, the error says by whom. */
import { RaftctlError } from '../std/errors.ts';

export async function bind<T>(
  holderOfPort: (port: number) => Promise<string | null>,
  address: string,
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (!(cause instanceof RaftctlError) || cause.code !== 'ADDRESS_IN_USE') throw cause;
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    const holder = await holderOfPort(port);
    throw new RaftctlError('ADDRESS_IN_USE', {
      message: `Cannot listen on ${address}: the port is held by ${holder ?? 'an unknown process'}`,
      hint: 'End that process, or choose other ports',
      cause,
    });
  }
}
