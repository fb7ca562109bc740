/**
 * TLS between members, mutual: each shows a certificate of the cluster's authority, and it must be
 * that of the member whose number its hello claims (handshake.ts). Names of machines are not looked
 * at: members are who their certificates say, wherever they are.
 */
import type { Socket } from 'node:net';
import {
  connect,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { systemCode } from '../../std/errors.ts';
import { holderOf, holderText, type Security } from '../../wire/security.ts';
import type { MemberNumber } from '../model/ids.ts';

/** Of strangers in the midst of the TLS handshake; over it the oldest is closed. */
export const SHAKING_CONNECTIONS_MAX = 64;
const TLS_HANDSHAKE_MS_MAX = 5000;

export interface PeerSecurity {
  readonly security: Security;
  /** Name of the member with that number; null: it is not known here (yet). */
  nameOf(member: MemberNumber): string | null;
  /** Number of the member that bears the name now; null: nobody does. */
  numberOf(name: string): MemberNumber | null;
}

export interface PeerServerInit {
  onRefused(fault: 'tls' | 'crowded', detail: string): void;
}

export class PeerTls {
  readonly #init: PeerSecurity;

  constructor(init: PeerSecurity) {
    this.#init = init;
  }

  server(init: PeerServerInit): Server {
    const { security } = this.#init;
    const server = createServer({
      ...optionsOf(security),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: TLS_HANDSHAKE_MS_MAX,
    });
    security.onReplaced(() => server.setSecureContext(optionsOf(security)));
    /** By where they come from, the oldest first. */
    const shaking = new Map<string, Socket>();
    server.on('connection', (socket: Socket) => {
      const from = endOf(socket);
      shaking.set(from, socket);
      socket.once('close', () => shaking.delete(from));
      if (shaking.size <= SHAKING_CONNECTIONS_MAX) return;
      for (const oldest of shaking.values()) {
        oldest.destroy();
        init.onRefused('crowded', 'too many unfinished TLS handshakes');
        break;
      }
    });
    server.on('secureConnection', (socket) => shaking.delete(endOf(socket)));
    server.on('tlsClientError', (error, socket) => {
      // Node leaves one open that is only slow.
      socket.destroy();
      init.onRefused('tls', error.message);
    });
    return server;
  }

  dial(host: string, port: number): TLSSocket {
    const { security } = this.#init;
    const socket = connect({
      ...optionsOf(security),
      ...{ host, port, rejectUnauthorized: true },
      // Who it is, is settled by the handshake, with both names at hand.
      checkServerIdentity: () => undefined,
    });
    return socket.setNoDelay(true);
  }

  /** Why the certificate at the other end is not that member's; null: it is. */
  wrongName(socket: Socket, member: MemberNumber): string | null {
    // Node says null of a connection that has just ended, whatever its types say.
    const holder = holderOf((socket as TLSSocket).getPeerCertificate()?.subjectaltname);
    const expected = this.#init.nameOf(member);
    const claim = `the hello claims member ${member}${expected === null ? '' : ` (${expected})`}`;
    const wrong = `the certificate is for ${holderText(holder)}, ${claim}`;
    if (holder?.kind !== 'member') return wrong;
    if (expected !== null) return holder.name === expected ? null : wrong;
    // One that is newer than all known here: then nobody known may have the name.
    return this.#init.numberOf(holder.name) === null ? null : wrong;
  }
}

/** Whether a connection ended by what TLS found, and not by the network. */
export function isTlsError(error: Error): boolean {
  return /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(systemCode(error) ?? '');
}

function optionsOf({ keys }: Security): SecureContextOptions {
  return { ...keys, minVersion: 'TLSv1.2' };
}

function endOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
}
