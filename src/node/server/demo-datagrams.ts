/** Answers by UDP: gathered while a turn runs, sent at its end. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { bytesFrom } from '../../std/bytes.ts';
import { demoFailure } from '../../wire/dialects/raft-demo-entry.ts';
import type { TurnMember, Turns } from './turns.ts';

/** What fits into one datagram over IPv4. */
const DATAGRAM_BYTES_MAX = 65_507;
const MAPPED = '::ffff:';

interface Answer {
  readonly host: string;
  readonly port: number;
  readonly text: string;
}

export class Datagrams implements TurnMember {
  readonly #turns: Turns;
  readonly #sockets = new Map<4 | 6, Socket>();
  #due: Answer[] = [];
  #closed = false;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Sends it at the end of the turn; text is latin1. */
  send(host: string, port: number, text: string): void {
    if (this.#due.length === 0) this.#turns.markDirty(this);
    const fits = text.length <= DATAGRAM_BYTES_MAX;
    const sent = fits ? text : demoFailure('the value is too long for a datagram');
    this.#due.push({
      host: host.startsWith(MAPPED) ? host.slice(MAPPED.length) : host,
      port,
      text: sent,
    });
  }

  flush(): void {
    const due = this.#due;
    this.#due = [];
    if (this.#closed) return;
    for (const { host, port, text } of due) {
      // Who does not listen any more is not our trouble: datagrams may be lost.
      this.#socketFor(isIPv6(host) ? 6 : 4).send(bytesFrom(text, 'latin1'), port, host, () => {});
    }
  }

  resume(): void {}

  close(): void {
    this.flush();
    this.#closed = true;
    for (const socket of this.#sockets.values()) socket.close();
  }

  #socketFor(family: 4 | 6): Socket {
    const open = this.#sockets.get(family);
    if (open !== undefined) return open;
    const socket = createSocket({
      type: `udp${family}`,
      // They are addresses, not names: nobody need be asked.
      lookup: (host, _, done) => done(null, host, family),
    });
    socket.on('error', () => {});
    socket.unref();
    this.#sockets.set(family, socket);
    return socket;
  }
}
