/**
 * Who may ask the admin port. On one machine it has no password for reading, so two things keep web
 * pages out: the Host must be a name of this node (against DNS rebinding) and an Origin, which
 * browsers add, must be the very host and port that was asked. What changes something also needs
 * the secret. With TLS every request needs a token, a certificate of the cluster, or the secret.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../std/address.ts';
import { assert } from '../../std/assert.ts';
import type { Scope, Security } from '../../wire/security.ts';
import { AdminRefusal } from './admin-reply.ts';
import { Gate } from './gate.ts';
import { hostOf } from './http-origin.ts';

/** No request here needs a body; a small one is read and ignored. */
export const ADMIN_BODY_BYTES_MAX = 64 * 1024;

export const SECRET_HEADER = 'x-raftctl-secret';

/** Shorter secrets could be guessed. Hex digits. */
const SECRET_DIGITS_MIN = 32;

export interface AdminGuardInit {
  readonly secretHex: string;
  /** Host names besides the loopback ones, without port. */
  readonly hosts: readonly string[];
  /** Left out: plain HTTP, and who reaches it may read. */
  readonly security?: Security | undefined;
}

export class AdminGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #secretDigest: Buffer;
  readonly #gate: Gate | null;

  constructor(init: AdminGuardInit) {
    const { secretHex } = init;
    assert(
      secretHex.length >= SECRET_DIGITS_MIN && /^[0-9a-f]+$/i.test(secretHex),
      'the cluster secret is at least 128 bits in hex',
    );
    this.#hosts = new Set(init.hosts.map((host) => host.toLowerCase()));
    this.#secretDigest = digest(secretHex.toLowerCase());
    this.#gate = init.security === undefined ? null : new Gate(init.security);
  }

  /** @throws {AdminRefusal} when the request comes from elsewhere or announces too much. */
  checkRequest(request: IncomingMessage): void {
    const { host, origin } = request.headers;
    if (host === undefined || request.headersDistinct['host']?.length !== 1) {
      throw new AdminRefusal(400, {
        code: 'REQUEST_REFUSED',
        message: 'Cannot answer a request that does not name exactly one Host',
      });
    }
    if (!this.#knowsHost(host, request.socket.localAddress)) {
      throw new AdminRefusal(421, {
        code: 'REQUEST_REFUSED',
        message: `Cannot answer as Host must be a name of this node: it is ${quoted(host)}`,
        hint: 'Use the address the node listens on, or localhost',
      });
    }
    const own = `${this.#gate === null ? 'http' : 'https'}://${host.toLowerCase()}`;
    const site = request.headers['sec-fetch-site'];
    if ((origin !== undefined && origin.toLowerCase() !== own) || site === 'cross-site') {
      throw new AdminRefusal(403, {
        code: 'REQUEST_REFUSED',
        message: 'Cannot answer as the request comes from a foreign web page',
      });
    }
    if (Number(request.headers['content-length'] ?? 0) > ADMIN_BODY_BYTES_MAX) throw bodyTooLarge();
  }

  /** @throws {AdminRefusal} when who asks may not even read. */
  checkReader(request: IncomingMessage): void {
    if (this.#gate === null || this.#bearsSecret(request)) return;
    this.#checkGate(this.#gate, request, 'admin-read');
  }

  /** @throws {AdminRefusal} when the request does not carry the cluster secret, nor a token. */
  checkSecret(request: IncomingMessage): void {
    if (this.#bearsSecret(request)) return;
    if (this.#gate !== null) {
      this.#checkGate(this.#gate, request, 'admin');
      return;
    }
    throw new AdminRefusal(401, {
      code: 'REQUEST_REFUSED',
      message: `Cannot do this without the cluster secret in the header ${SECRET_HEADER}`,
      hint: 'The secret lies in the folder of the cluster, readable by its owner',
    });
  }

  #checkGate(gate: Gate, request: IncomingMessage, needed: Scope): void {
    const refused = gate.refusal(request, needed);
    if (refused === null) return;
    const [statusCode, what] =
      refused === 'nobody' ? [401, 'without a bearer token'] : [403, 'with this token'];
    throw new AdminRefusal(statusCode, {
      code: 'UNAUTHORIZED',
      message: `Cannot answer ${what}: it takes one for ${needed}`,
      hint: 'Give it one: --token-file FILE. Tokens lie in the folder of the cluster',
    });
  }

  #bearsSecret(request: IncomingMessage): boolean {
    const given = request.headers[SECRET_HEADER];
    // Digests have one length whatever was sent, so the comparison tells nothing by its time.
    const proof = digest(typeof given === 'string' ? given.toLowerCase() : '');
    return timingSafeEqual(proof, this.#secretDigest);
  }

  /** Besides the names it was given, the address that was reached: that is no rebound name. */
  #knowsHost(header: string, reached: string | undefined): boolean {
    if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.test(header)) return false;
    const host = hostOf(header);
    return isLoopback(host) || this.#hosts.has(host) || host === reached;
  }
}

export function bodyTooLarge(): AdminRefusal {
  return new AdminRefusal(413, {
    code: 'REQUEST_REFUSED',
    message: `Cannot read a request body of more than ${ADMIN_BODY_BYTES_MAX} bytes`,
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
