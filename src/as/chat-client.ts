/**
 * raft-demo's chat client: connected to all replicas, it sends each line to all of them, and shows
 * what comes from any of them once.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { splitAddress } from '../client/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { DedupQueue } from './dedup-queue.ts';
import { readDemoConfig } from './demo-config.ts';
import { type OldProgram, textOf } from './program.ts';

const QUEUE_LINES_DEFAULT = 100;
const CONNECT_MS_MAX = 5000;
/** After the last line: what the replicas tell of it is still shown. */
const LINGER_MS = 1000;

export const CHAT_CLIENT: OldProgram = {
  name: 'chat-client',
  system: 'raft-demo',
  about: "The chat room's client: talks to all replicas, shows each line once.",
  examples: ['chat-client -config client-config.toml'],
  flags: [
    { name: 'config', kind: 'text', default: 'client-config.toml', about: 'whom to talk to, TOML' },
  ],
  run: async (line, context) => {
    const config = await readDemoConfig(textOf(line, 'config'), context.cwd);
    const size = config.mqueueSize || QUEUE_LINES_DEFAULT;
    context.print(`rep: ${config.svrIps.length}`);
    context.print(`svrIps: [${config.svrIps.join(' ')}]`);
    context.print(`mqueueSize: ${size}`);
    const queue = new DedupQueue(size);
    const hear = (text: string): void => {
      // The line has its end with it, and another one follows.
      if (queue.offer(text)) context.print(`Received message: ${text}\n`);
    };
    const sockets = await Promise.all(config.addresses.map((address) => dial(address)));
    const open = sockets.filter((socket) => socket !== null);
    if (open.length === 0) {
      throw new RaftctlError('UNREACHABLE', {
        message: `No replica answers at ${config.svrIps.join(', ')}`,
        hint: 'Start them: raftctl as chatroom -id node0 -hjoin :13000',
      });
    }
    for (const socket of open) createInterface({ input: socket }).on('line', hear);
    for await (const text of createInterface({ input: process.stdin })) {
      if (text === 'exit') break;
      for (const socket of open) socket.write(`${text}\n\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    for (const socket of open) socket.destroy();
    return 0;
  },
};

/** @returns null when nobody is there. */
function dial(address: string): Promise<Socket | null> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS_MAX });
    const fail = (): void => {
      socket.destroy();
      resolve(null);
    };
    socket.on('error', fail);
    socket.once('timeout', fail);
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}
