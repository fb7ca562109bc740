/** Opens connections to nodes: plain, or with TLS where there are credentials for the address. */
import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestPlain,
} from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { splitAddress } from './address.ts';
import { type Credentials, credentialsOf } from './credentials.ts';

export interface Dialled {
  readonly socket: Socket;
  /** Emitted once when the other end can be written to. */
  readonly ready: 'connect' | 'secureConnect';
  /** Null: the connection is plain. */
  readonly credentials: Credentials | null;
}

/** @throws {RaftctlError} USAGE when it is no address. */
export function dial(address: string, options: Omit<TcpNetConnectOpts, 'port'> = {}): Dialled {
  const where = { ...options, ...splitAddress(address), noDelay: true };
  const credentials = credentialsOf(address);
  if (credentials === null) return { socket: connect(where), ready: 'connect', credentials };
  const socket = connectTls({ ...where, ...keysOf(credentials, where.host) });
  socket.setNoDelay(true);
  return { socket, ready: 'secureConnect', credentials };
}

export interface AdminCallInit extends Pick<RequestOptions, 'method' | 'signal' | 'timeout'> {
  /** Admin address of the node. */
  readonly address: string;
  /** With its parameters. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out: a connection of its own. Must fit the address: see `isSecured`. */
  readonly agent?: Agent;
}

/** A request to an admin port, not yet ended. */
export function callAdmin(
  init: AdminCallInit,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const { address, headers = {}, agent = false, ...rest } = init;
  const where = { ...rest, ...splitAddress(address), agent };
  const credentials = credentialsOf(address);
  if (credentials === null) return requestPlain({ ...where, headers }, onResponse);
  const { adminToken } = credentials;
  const bearer = adminToken === null ? {} : { authorization: `Bearer ${adminToken}` };
  const keys = keysOf(credentials, where.host);
  return requestTls({ ...where, ...keys, headers: { ...headers, ...bearer } }, onResponse);
}

/** Whether connections to an address are made with TLS. */
export function isSecured(address: string): boolean {
  return credentialsOf(address) !== null;
}

function keysOf({ ca, identity }: Credentials, host: string) {
  return {
    ...(ca === null ? {} : { ca }),
    ...(identity === null ? {} : { cert: identity, key: identity }),
    // An address of digits is no server name: TLS has no place for it there.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.2',
  } as const;
}
