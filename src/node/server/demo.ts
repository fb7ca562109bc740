/** Raft-demo on the client port: its connections, and what they share. */
import type { Socket } from 'node:net';
import type { Bytes } from '../../std/bytes.ts';
import { FILLER } from '../../wire/apps/diskstorage.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import { DemoConnection } from './demo-connection.ts';
import { DemoPort, type DemoPortParts } from './demo-port.ts';
import { demoValues } from './demo-values.ts';

export class DemoDialect {
  readonly #port: DemoPort;
  readonly #connections = new Set<DemoConnection>();

  constructor(parts: DemoPortParts, pinned: ClientPortConfig | null) {
    const text = pinned?.onFollower !== 'refuse';
    // Elsewhere whoever speaks B or C sends to all replicas, and one answer is enough.
    const datagrams = text && pinned?.dialect === 'raft-demo';
    const values = demoValues(pinned?.compress === true, pinned?.filler === true ? FILLER : null);
    this.#port = new DemoPort(parts, { forwards: { text, datagrams }, values });
  }

  /** Takes over a connection, with what it has sent already. */
  take(socket: Socket, first: Bytes): void {
    const connection = new DemoConnection(socket, this.#port);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    connection.receive(first);
  }

  /** The replica has room again. */
  room(): void {
    for (const connection of this.#connections) connection.room();
  }

  sweep(nowMs: number): void {
    for (const connection of this.#connections) connection.sweep(nowMs);
    this.#port.sweep(nowMs);
  }

  /** Takes no further commands. */
  stop(): void {
    for (const connection of this.#connections) connection.stop();
  }

  close(): void {
    this.#port.close();
  }
}
