/**
 * Raft-demo's port for those who want to join: one line, `<id>-<raft address>-<voter>`. There it
 * has no answer; here it is told what became of it, which nobody there reads. A name may
 * have dashes in it, as the address is found by its colon.
 */
import type { Server } from 'node:net';
import type { Log } from '../../std/log.ts';
import { ADMIN_QUESTION, oldAddress } from '../../wire/older-systems.ts';
import type { JoinWish, MemberDesk } from '../server/member-desk.ts';
import { lineServer } from './line-server.ts';

export interface JoinLineInit {
  readonly desk: MemberDesk;
  readonly adminAddress: string;
  readonly log: Log;
}

/** As Go's ParseBool; anything else is no. */
const YES = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);

/** @throws {RaftctlError} ADDRESS_IN_USE, CONFIG_INVALID */
export function listenForJoins(address: string, init: JoinLineInit): Promise<Server> {
  const { desk, adminAddress, log } = init;
  return lineServer(address, null, (line, socket) => {
    if (line === ADMIN_QUESTION) {
      socket.end(`${adminAddress}\n`);
      return;
    }
    const wish = parseJoin(line);
    if (wish === null) {
      log.warn({ line: line.slice(0, 100) }, 'Refused a join that is no <id>-<address>-<voter>');
      socket.end('refused: it is not <id>-<raft address>-<voter>\n');
      return;
    }
    void desk.join(wish).then((reason) => {
      if (reason === null) log.info({ ...wish }, 'a member joins');
      else log.warn({ ...wish, reason }, 'Refused a join');
      if (!socket.destroyed) socket.end(reason === null ? 'ok\n' : `refused: ${reason}\n`);
    });
  });
}

/** Parts behind the third are not looked at. */
export function parseJoin(line: string): JoinWish | null {
  const match = /^(.+?)-((?:[^-:[\]\s]*|\[[^\]]+\]):\d{1,5})-([^-]*)/.exec(line);
  const [, id = '', address = '', voter = ''] = match ?? [];
  const peerAddress = oldAddress(address);
  return peerAddress === null ? null : { id, peerAddress, voter: YES.has(voter) };
}
