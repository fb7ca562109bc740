/**
 * The port on which raft-demo's programs hand out their application log. One line is asked, the
 * answer follows, the connection ends.
 *
 * ```
 *   <address>-<index>           the whole file; the index says nothing
 *   <address>-<first>-<last>    three lines: first, last and count; the records; "\nEOL\n"
 *   <address>-truncate-<t>      a replica needs nothing up to t: "<t> <asked> <needed>\n". Once a
 *                               majority has asked, what is before the smallest t is dropped
 *   <address>-lacks             the entries that came as a snapshot: "<first> <last>\n" each
 * ```
 * An address may have dashes in it: the parts are counted from the end.
 */
import type { Server, Socket } from 'node:net';
import type { Bytes } from '../../std/bytes.ts';
import type { Security } from '../../wire/security.ts';
import type { ApplicationLog } from './application-log.ts';
import { lineServer } from './line-server.ts';

const PIECE_BYTES = 1024 * 1024;

export interface TransferInit {
  /** Null: there is none; who asks is told nothing. */
  readonly file: ApplicationLog | null;
  /** How many replicas there are, of which a majority must agree to drop a prefix. */
  readonly replicas: () => number;
}

/** @throws {RaftctlError} ADDRESS_IN_USE, CONFIG_INVALID */
export class StateTransfer {
  readonly #init: TransferInit;
  /** By replica: up to where it needs nothing any more. */
  readonly #agreed = new Map<string, number>();

  constructor(init: TransferInit) {
    this.#init = init;
  }

  listen(address: string, security: Security | null): Promise<Server> {
    return lineServer(address, security, (line, socket) => this.#answer(line, socket));
  }

  #answer(line: string, socket: Socket): void {
    const { file } = this.#init;
    if (file !== null && /^.+-lacks$/.test(line)) {
      socket.end(file.lacks.map(({ first, last }) => `${first} ${last}\n`).join(''));
      return;
    }
    const match = /^(.+?)-(?:(truncate|\d{1,15})-)?(\d{1,15})$/.exec(line);
    if (match === null || file === null) {
      socket.end();
      return;
    }
    file.flush();
    const [, replica = '', what, number = '0'] = match;
    if (what === undefined) sendAll(socket, file, { start: 0, end: file.bytes });
    else if (what === 'truncate') socket.end(this.#truncate(file, replica, Number(number)));
    else sendRange(socket, file, Number(what), Number(number));
  }

  #truncate(file: ApplicationLog, replica: string, through: number): string {
    const agreed = this.#agreed;
    agreed.set(replica, Math.max(through, agreed.get(replica) ?? 0));
    const needed = Math.floor((this.#init.replicas() - 1) / 2) + 1;
    if (agreed.size >= needed) file.dropThrough(Math.min(...agreed.values()));
    return `${agreed.get(replica)} ${agreed.size} ${needed}\n`;
  }
}

function sendRange(socket: Socket, file: ApplicationLog, first: number, last: number): void {
  let count = 0;
  let start = 0;
  let end = 0;
  for (const place of file.places()) {
    if (place.index < first || place.index > last) continue;
    if (count === 0) start = place.start;
    end = place.end;
    count += 1;
  }
  socket.write(`${first}\n${last}\n${count}\n`);
  sendAll(socket, file, { start, end }, '\nEOL\n');
}

/** Piece by piece, as fast as the other side takes them. */
function sendAll(
  socket: Socket,
  file: ApplicationLog,
  range: { readonly start: number; readonly end: number },
  tail = '',
): void {
  let at = range.start;
  const pump = (): void => {
    while (!socket.destroyed && at < range.end) {
      const piece: Bytes = file.read(at, Math.min(range.end, at + PIECE_BYTES));
      // The file is shorter than it was: what is left was dropped.
      if (piece.length === 0) break;
      at += piece.length;
      if (!socket.write(piece)) {
        socket.once('drain', pump);
        return;
      }
    }
    socket.end(tail);
  };
  pump();
}
