/** Whether somebody takes connections at an address. */
import { connect } from 'node:net';
import { systemCode } from '../std/errors.ts';
import { splitAddress } from './address.ts';

export type PortAnswer = 'open' | 'refused' | 'silent';

export function probePort(address: string, timeoutMs: number): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const socket = connect(splitAddress(address));
    const end = (answer: PortAnswer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end('silent'));
    socket.once('connect', () => end('open'));
    socket.once('error', (error) => {
      end(systemCode(error) === 'ECONNREFUSED' ? 'refused' : 'silent');
    });
  });
}
