/**
 * How the members of a static list found their cluster together, each from an empty directory.
 *
 * An empty directory is either new or was wiped, and a wiped member must not vote again under its
 * old number. So nobody is formatted before a majority of the list, itself included, has been seen
 * empty: then there is no cluster yet that could have been forgotten. Who is empty says so on its
 * admin port, and whoever asks there thereby tells that it is empty too. A member that meets
 * formed ones instead came too late, or was wiped: it must join them as a new member.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { splitAddress } from '../client/address.ts';
import type { Credentials } from '../client/credentials.ts';
import { callAdmin } from '../client/dial.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import type { MemberConfig } from '../wire/node-config.ts';

export interface FoundingInit {
  readonly clusterId: string;
  readonly self: MemberConfig;
  readonly members: readonly MemberConfig[];
  /** What it shows to the others, which are entrusted with it already; null: all is plain. */
  readonly credentials?: Credentials | null;
  /** Tells a person whom it waits for. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export type Founding =
  /** A majority is empty: the cluster is founded now. */
  | { readonly type: 'founders' }
  /** There is a cluster already; one of its members answered on this admin address. */
  | { readonly type: 'exists'; readonly adminAddress: string };

const PATH = '/v1/founding';
/** Whoever watches over the process need not end it: it waits. */
const LIVE_PATH = '/livez';
const POLL_MS = 100;
const ANSWER_MS = 1000;
/** With a majority there, the others get so long to turn up. */
const LINGER_MS = 1500;
/** How long formed members alone must be met before it counts. */
const CERTAIN_MS = 1000;
const SAY_AFTER_MS = 1000;

/** @throws {RaftctlError} ADDRESS_IN_USE, INTERRUPTED */
export async function meetFounders(init: FoundingInit): Promise<Founding> {
  if (init.members.length === 1) return { type: 'founders' };
  const meeting = new Meeting(init);
  const server = await meeting.listen();
  try {
    return await meeting.wait();
  } finally {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
}

class Meeting {
  readonly #init: FoundingInit;
  /** Members that were empty when we met. */
  readonly #empty = new Set<number>();
  #formed: string | null = null;
  #formedSinceMs = 0;

  constructor(init: FoundingInit) {
    this.#init = init;
  }

  listen(): Promise<Server> {
    const { self, clusterId, credentials = null } = this.#init;
    const server = openServer(credentials, (asked, response) => {
      const url = new URL(asked.url ?? '/', 'http://node');
      if (url.pathname === LIVE_PATH) {
        response.end('{}');
        return;
      }
      const isFounder =
        isKnown(asked, credentials) &&
        url.pathname === PATH &&
        url.searchParams.get('cluster') === clusterId;
      const member = Number(url.searchParams.get('member'));
      if (isFounder && this.#init.members.some((m) => m.member === member)) this.#meet(member);
      response.statusCode = isFounder ? 200 : 404;
      response.end(isFounder ? JSON.stringify({ founding: self.member }) : '');
    });
    const { host, port } = splitAddress(self.adminAddress);
    return new Promise((resolve, reject) => {
      server.once('error', (cause) => {
        const reason = systemCode(cause) ?? cause.message;
        const message = `Cannot listen on the admin address ${self.adminAddress}: ${reason}`;
        reject(new RaftctlError('ADDRESS_IN_USE', { message, cause }));
      });
      server.listen({ host, port }, () => resolve(server));
    });
  }

  async wait(): Promise<Founding> {
    const { members, signal, say } = this.#init;
    const majority = Math.floor(members.length / 2) + 1;
    const begunMs = performance.now();
    let majorityMs: number | null = null;
    let isSaid = false;
    for (;;) {
      await Promise.all(this.#others().map((member) => this.#ask(member)));
      const nowMs = performance.now();
      const count = this.#empty.size + 1;
      if (count >= majority) majorityMs ??= nowMs;
      const isOver = majorityMs !== null && nowMs - majorityMs > LINGER_MS;
      if (count === members.length || isOver) return { type: 'founders' };
      if (
        majorityMs === null &&
        this.#formed !== null &&
        nowMs - this.#formedSinceMs > CERTAIN_MS
      ) {
        return { type: 'exists', adminAddress: this.#formed };
      }
      if (!isSaid && majorityMs === null && nowMs - begunMs > SAY_AFTER_MS) {
        isSaid = true;
        const missing = this.#others().filter((member) => !this.#empty.has(member.member));
        say(
          `waiting for a majority of the cluster: ${missing.map((m) => m.peerAddress).join(', ')}`,
        );
      }
      if (signal.aborted) {
        throw new RaftctlError('INTERRUPTED', {
          message: 'Interrupted before the cluster was founded',
        });
      }
      await sleep(POLL_MS);
    }
  }

  #others(): readonly MemberConfig[] {
    const { members, self } = this.#init;
    return members.filter((member) => member.member !== self.member);
  }

  #meet(member: number): void {
    if (member !== this.#init.self.member) this.#empty.add(member);
  }

  async #ask(member: MemberConfig): Promise<void> {
    const { clusterId, self } = this.#init;
    const path = `${PATH}?cluster=${clusterId}&member=${self.member}`;
    const answer = await get(member.adminAddress, path);
    if (answer === null) return;
    if (answer.status === 200 && answer.text === JSON.stringify({ founding: member.member })) {
      this.#meet(member.member);
    } else if (this.#formed === null) {
      this.#formed = member.adminAddress;
      this.#formedSinceMs = performance.now();
    }
  }
}

/** Probes have no certificate, so nobody is refused before it is known what they ask. */
function openServer(credentials: Credentials | null, serve: RequestListener): Server {
  if (credentials === null) return createServer(serve);
  const { ca, identity } = credentials;
  const keys = { ca: ca ?? '', cert: identity ?? '', key: identity ?? '' };
  const who = { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' } as const;
  return createTlsServer({ ...keys, ...who }, serve);
}

function isKnown({ socket }: IncomingMessage, credentials: Credentials | null): boolean {
  return credentials === null || (socket instanceof TLSSocket && socket.authorized);
}

/** @returns null when nobody answers there. */
function get(
  address: string,
  path: string,
): Promise<{ readonly status: number; readonly text: string } | null> {
  return new Promise((resolve) => {
    const call = callAdmin({ method: 'GET', address, path, timeout: ANSWER_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (text.length < 1024) text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', () => resolve(null));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(null));
    call.end();
  });
}
