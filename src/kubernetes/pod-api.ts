/**
 * The Kubernetes API as a pod reaches it: over HTTPS, with the CA and the token of its service
 * account. The token is read for every request, because Kubernetes replaces it every hour.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import type { Pod } from './pod.ts';
import { type PodEvent, type PodPage, parsePodEvent, parsePodPage } from './pod-list.ts';

const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const ANSWER_MS = 5000;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/** Of one page. */
const PODS_MAX = 500;
const LINE_LENGTH_MAX = 4 * 1024 * 1024;
/** A list that grows while it is read is read anew so often. */
const LISTS_MAX = 3;

export interface PodApiInit {
  readonly host: string;
  readonly port: number;
  readonly namespace: string;
  /** Folder with `token` and `ca.crt`. */
  readonly account: string;
}

/** @throws {RaftctlError} CONFIG_INVALID outside of a cluster. */
export function podApiInit(
  env: Readonly<Record<string, string | undefined>>,
  namespace: string,
): PodApiInit {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = Number(env['KUBERNETES_SERVICE_PORT'] ?? '443');
  if (host === undefined || host === '') {
    throw new RaftctlError('CONFIG_INVALID', {
      message: 'Cannot ask the Kubernetes API as KUBERNETES_SERVICE_HOST is not set',
      hint: 'It is set in every pod; outside of one name the addresses on the command line',
    });
  }
  return { host, port, namespace, account: env['RAFTCTL_SERVICE_ACCOUNT'] || ACCOUNT_FOLDER };
}

export class PodApi {
  readonly #init: PodApiInit;

  constructor(init: PodApiInit) {
    this.#init = init;
  }

  /**
   * All pods of the namespace, page by page.
   *
   * @throws {RaftctlError} UNREACHABLE, REQUEST_REFUSED
   */
  async list(): Promise<{ readonly pods: readonly Pod[]; readonly version: string }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#allPages();
      } catch (error) {
        // The pages belong together only for some minutes.
        if (!isExpired(error) || attempt === LISTS_MAX) throw error;
      }
    }
  }

  async #allPages(): Promise<{ readonly pods: readonly Pod[]; readonly version: string }> {
    const pods: Pod[] = [];
    let page: PodPage = { pods: [], version: '', next: '' };
    do {
      const query = new URLSearchParams({ limit: String(PODS_MAX) });
      if (page.next !== '') query.set('continue', page.next);
      const response = await this.#ask(query, ANSWER_MS);
      page = parsePodPage(await wholeText(response));
      pods.push(...page.pods);
    } while (page.next !== '');
    return { pods, version: page.version };
  }

  /**
   * What changes after that version, until `onEvent` says that it has seen enough (true), the
   * server ends it, or the time is over.
   *
   * @throws {RaftctlError} UNREACHABLE; REQUEST_REFUSED when the service account may not watch.
   */
  async watch(
    version: string,
    seconds: number,
    onEvent: (event: PodEvent) => boolean,
  ): Promise<void> {
    const query = new URLSearchParams({
      ...{ watch: '1', resourceVersion: version, allowWatchBookmarks: 'true' },
      timeoutSeconds: String(seconds),
    });
    const response = await this.#ask(query, seconds * 1000 + ANSWER_MS);
    let rest = '';
    try {
      response.setEncoding('utf8');
      for await (const piece of response) {
        const lines = (rest + String(piece)).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > LINE_LENGTH_MAX)
          throw this.#unreachable('a line of the watch is too long');
        for (const line of lines) if (line !== '' && onEvent(parsePodEvent(line))) return;
      }
    } catch (error) {
      if (error instanceof RaftctlError) throw error;
      throw this.#unreachable(error instanceof Error ? error.message : String(error), error);
    } finally {
      response.destroy();
    }
  }

  async #ask(query: URLSearchParams, timeoutMs: number): Promise<IncomingMessage> {
    const { host, port, namespace, account } = this.#init;
    const [token, ca] = await Promise.all([
      this.#accountFile(account, 'token'),
      this.#accountFile(account, 'ca.crt'),
    ]);
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?${query.toString()}`;
    const headers = { authorization: `Bearer ${token.trim()}`, accept: 'application/json' };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const call = request({ host, port, path, headers, ca, agent: false }, resolve);
      const timer = setTimeout(() => {
        call.destroy(new Error(`no end within ${timeoutMs} ms`));
      }, timeoutMs);
      call.on('close', () => clearTimeout(timer));
      call.on('error', (error) => reject(this.#unreachable(error.message, error)));
      call.end();
    });
    if (response.statusCode === 200) return response;
    throw this.#refused(response.statusCode ?? 0, await wholeText(response));
  }

  async #accountFile(folder: string, name: string): Promise<string> {
    return readFile(join(folder, name), 'utf8').catch((cause: unknown) => {
      throw new RaftctlError('CONFIG_INVALID', {
        message: `Cannot read ${join(folder, name)} of the service account`,
        hint: 'Leave automountServiceAccountToken of the pod as it is, or true',
        cause,
      });
    });
  }

  #unreachable(reason: string, cause?: unknown): RaftctlError {
    const { host, port } = this.#init;
    const message = `Cannot ask the Kubernetes API at ${host}:${port}: ${reason}`;
    return new RaftctlError('UNREACHABLE', { message, cause });
  }

  #refused(status: number, text: string): RaftctlError {
    if (status === 410) return new ExpiredError();
    const told = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? `HTTP status ${status}`;
    if (status === 429 || status >= 500) return this.#unreachable(told);
    return new RaftctlError('REQUEST_REFUSED', {
      message: `The Kubernetes API does not tell of the pods of ${this.#init.namespace}: ${told}`,
      hint: 'Its service account needs a Role with get and list of pods: raftctl deploy writes one',
    });
  }
}

/** What was asked for is older than what the API remembers. */
class ExpiredError extends RaftctlError {
  constructor() {
    super('UNREACHABLE', { message: 'The Kubernetes API has forgotten what was asked for' });
  }
}

export function isExpired(error: unknown): boolean {
  return error instanceof ExpiredError;
}

async function wholeText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const piece of response) {
      text += String(piece);
      if (text.length > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot read the answer of the Kubernetes API: ${reason}`;
    throw new RaftctlError('UNREACHABLE', { message, cause });
  }
  return text;
}
