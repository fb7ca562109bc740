/**
 * The admin port: HTTP and JSON for the command line, the dashboard, Prometheus and health checks.
 * It reads the replica's state and never waits for it; nothing here is on the path of a command.
 *
 * Requests of web pages are refused (`admin-guard.ts`), sizes and times are bounded here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { formatAddress, type HostPort, parseAddress } from '../../std/address.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import type { Security } from '../../wire/security.ts';
import type { AdminReplica, ProfileTaker } from './admin-contract.ts';
import { ADMIN_BODY_BYTES_MAX, AdminGuard, bodyTooLarge } from './admin-guard.ts';
import { ProcessMetrics } from './admin-process.ts';
import { AdminRefusal, errorText, sendRefusal } from './admin-reply.ts';
import { ADMIN_ROUTES, type AdminContext, type AdminRoute, countRefused } from './admin-routes.ts';
import { keysOf } from './door.ts';

const CONNECTIONS_MAX = 128;
const HEADER_BYTES_MAX = 16 * 1024;
const HEADER_MS_MAX = 10_000;
/** A whole request, its ignored body included. */
const REQUEST_MS_MAX = 20_000;
/** A connection on which nothing moves, unless it follows events. */
const IDLE_MS_MAX = 30_000;
const LIMIT_CHECK_MS = 1000;
/** Answers under way have this long when the server closes. */
const CLOSE_MS_MAX = 500;

export interface AdminServerInit {
  /** `host:port`; port 0 takes a free one. */
  readonly listenAddress: string;
  /** The cluster secret, which must come with every request that changes something. */
  readonly secretHex: string;
  /** Host names to answer to, besides loopback and the host listened on. */
  readonly allowedHosts?: readonly string[];
  readonly log: Log;
  readonly profiler: ProfileTaker;
  readonly replicas: readonly AdminReplica[];
  /** Left out: plain HTTP. */
  readonly security?: Security | undefined;
}

export interface AdminServer {
  /** `host:port` with the port in use. */
  readonly address: string;
  /** Ends event streams and lets go of the port; afterwards no connection is left. */
  close(): Promise<void>;
}

/**
 * Listens; afterwards requests are answered.
 *
 * @throws {RaftctlError} ADDRESS_IN_USE when another process listens there, CONFIG_INVALID when it
 *   is no address of this machine.
 */
export async function createAdminServer(init: AdminServerInit): Promise<AdminServer> {
  const listen = parseAddress(init.listenAddress);
  if (listen === null) throw listenError(init.listenAddress, new Error('it is not host:port'));
  const hosts = [listen.host, ...(init.allowedHosts ?? [])];
  const { security } = init;
  const guard = new AdminGuard({ secretHex: init.secretHex, hosts, security });
  const context: AdminContext = {
    replicas: init.replicas,
    guard,
    processMetrics: new ProcessMetrics((stall) => {
      for (const replica of init.replicas) replica.stalled(stall);
    }),
    profiler: init.profiler,
    streams: new Set(),
    refused: new Map(),
    security: security ?? null,
  };
  const server = makeServer(context, init.log);
  try {
    await bind(server, listen);
  } catch (error) {
    context.processMetrics.close();
    throw listenError(formatAddress(listen), error as Error);
  }
  const { port } = server.address() as AddressInfo;
  return {
    address: formatAddress({ host: listen.host, port }),
    close: () => close(server, context),
  };
}

function makeServer(context: AdminContext, log: Log): Server {
  const server = openServer(context.security);
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(IDLE_MS_MAX);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    answer({ request, response, context, log });
  };
  server.on('request', serve);
  // No body is ever asked for: who waits for leave to send one gets the answer instead.
  server.on('checkContinue', serve);
  server.on('drop', () => countRefused(context, 'connectionCap'));
  server.on('clientError', (error, socket) => refuseGarbage(context, error, socket as Socket));
  server.on('error', (error) => log.warn({ error }, 'Admin port in trouble'));
  return server;
}

function openServer(security: Security | null): Server | TlsServer {
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADER_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: LIMIT_CHECK_MS,
    // The guard answers a missing Host in this port's own form.
    requireHostHeader: false,
  };
  if (security === null) return createServer(limits);
  const server = createTlsServer({
    ...limits,
    ...keysOf(security),
    ...{ requestCert: true, rejectUnauthorized: false, handshakeTimeout: HEADER_MS_MAX },
  });
  // Who has not ended the handshake is not told anything, and not waited for.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  security.onReplaced(() => server.setSecureContext(keysOf(security)));
  return server;
}

function answer(call: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: AdminContext;
  readonly log: Log;
}): void {
  const { request, response, context } = call;
  response.on('error', () => response.destroy());
  limitBody(request, response);
  let outcome: void | Promise<void>;
  try {
    context.guard.checkRequest(request);
    const target = request.url ?? '';
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const params = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
    const route = routeOf(request.method, path, response);
    if (route.isOpen !== true) context.guard.checkReader(request);
    checkParams(route, params);
    outcome = route.answer({ request, response, params, context });
  } catch (error) {
    refuse(call, error);
    return;
  }
  outcome?.catch((error: unknown) => refuse(call, error));
}

function routeOf(method: string | undefined, path: string, response: ServerResponse): AdminRoute {
  const route = ADMIN_ROUTES.get(path);
  if (route === undefined) {
    throw new AdminRefusal(404, {
      code: 'USAGE',
      message: 'No such path on the admin port',
      hint: `There are ${[...ADMIN_ROUTES.keys()].join(', ')}`,
    });
  }
  if (route.method !== method) {
    response.setHeader('allow', route.method);
    throw new AdminRefusal(405, { code: 'USAGE', message: `This path takes ${route.method} only` });
  }
  return route;
}

function checkParams(route: AdminRoute, params: URLSearchParams): void {
  const seen = new Set<string>();
  for (const name of params.keys()) {
    if (!route.params.includes(name) || seen.has(name)) {
      const known = route.params.length === 0 ? 'none' : route.params.join(', ');
      throw new AdminRefusal(400, {
        code: 'USAGE',
        message: `Cannot take the parameter ${JSON.stringify(name.slice(0, 100))} here`,
        hint: `Known, each at most once: ${known}`,
      });
    }
    seen.add(name);
  }
}

function refuse(
  call: { readonly response: ServerResponse; readonly context: AdminContext; readonly log: Log },
  error: unknown,
): void {
  const { response, context, log } = call;
  if (!(error instanceof AdminRefusal)) {
    // A bug: the house lets the process end rather than go on with it.
    log.error({ error }, 'Admin request met a bug');
    throw error;
  }
  // No leader is news about the cluster, not about who asks.
  if (error.statusCode !== 503) countRefused(context, `http${error.statusCode}`);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body that is too large is never read.
  if (error.statusCode === 413) response.shouldKeepAlive = false;
  sendRefusal(response, error);
}

/** Bodies are read and forgotten, so that the next request of the connection can be read. */
function limitBody(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= ADMIN_BODY_BYTES_MAX) return;
    request.pause();
    if (response.headersSent) request.socket.destroy();
    else {
      response.shouldKeepAlive = false;
      sendRefusal(response, bodyTooLarge());
    }
  });
  request.on('error', () => {});
}

/** Bytes that are no HTTP, headers that are too long or too slow. */
function refuseGarbage(context: AdminContext, error: Error, socket: Socket): void {
  const code = systemCode(error);
  const status =
    code === 'HPE_HEADER_OVERFLOW' ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  countRefused(context, `http${status}`);
  if (code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const text = errorText({
    code: 'REQUEST_REFUSED',
    message: 'Cannot read this as an HTTP request',
    hint: null,
  });
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
}

function bind(server: Server, address: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function close(server: Server, context: AdminContext): Promise<void> {
  if (!server.listening) return;
  context.processMetrics.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const stream of context.streams) stream.end();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS_MAX);
  await closed;
  clearTimeout(timer);
}

function listenError(address: string, error: Error): RaftctlError {
  const code = systemCode(error);
  if (code === 'EADDRINUSE') {
    return new RaftctlError('ADDRESS_IN_USE', {
      message: `Cannot listen for admin requests as the address is in use: ${address}`,
      hint: 'Stop the process that listens there, or choose another port',
      cause: error,
    });
  }
  return new RaftctlError('CONFIG_INVALID', {
    message: `Cannot listen for admin requests on ${address}: ${code ?? error.message}`,
    hint: 'Give an address of this machine as host:port',
    cause: error,
  });
}
