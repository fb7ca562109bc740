/**
 * A Kubernetes API over HTTPS, with a CA and a token, that knows pods: lists in pages, watches, and
 * the answers that the documentation promises when a version is forgotten or a verb is not allowed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_DISCOVERY } from './kube-discovery.ts';

const TOKEN = 'a-token-of-a-service-account';
const PODS = /^\/api\/v1\/namespaces\/([^/]+)\/pods$/;

export interface FakePod {
  readonly name: string;
  readonly container?: string;
  readonly ip?: string;
  readonly isEnding?: boolean;
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: object;
}

export class KubeApi {
  readonly folder: string;
  /** What was asked, newest last: the query of each request for pods. */
  readonly asked: string[] = [];
  mayWatch = true;
  /** Pods of one page, whatever is asked for. */
  pageSize = 500;
  readonly #server: Server;
  readonly #pods = new Map<string, FakePod>();
  readonly #changes: Change[] = [];
  readonly #watchers = new Set<{ readonly response: ServerResponse; readonly namespace: string }>();
  #version = 100;
  /** Versions before this one are forgotten. */
  #oldest = 0;

  private constructor(folder: string) {
    this.folder = folder;
    makeCertificates(folder);
    this.#server = createServer(
      { key: readFileSync(join(folder, 'api.key')), cert: readFileSync(join(folder, 'api.crt')) },
      (request, response) => this.#answer(request, response),
    );
  }

  static async start(port = 0): Promise<KubeApi> {
    const api = new KubeApi(mkdtempSync(join(tmpdir(), 'raftctl-kube-api-')));
    await new Promise<void>((resolve) => api.#server.listen(port, '127.0.0.1', resolve));
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What a pod finds in its environment. */
  get env(): Readonly<Record<string, string>> {
    return {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(this.port),
      RAFTCTL_SERVICE_ACCOUNT: this.folder,
    };
  }

  /** A file by which kubectl finds and trusts this API. */
  kubeconfig(): string {
    const path = join(this.folder, 'kubeconfig');
    const ca = join(this.folder, 'ca.crt');
    const cluster = { server: `https://127.0.0.1:${this.port}`, 'certificate-authority': ca };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user: { token: TOKEN } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  setPod(pod: FakePod): void {
    this.#change(this.#pods.has(pod.name) ? 'MODIFIED' : 'ADDED', pod);
    this.#pods.set(pod.name, pod);
  }

  removePod(name: string): void {
    const pod = this.#pods.get(name);
    if (pod === undefined) return;
    this.#pods.delete(name);
    this.#change('DELETED', pod);
  }

  /** Forgets what has been: watches and pages that began before are told so. */
  forget(): void {
    this.#version += 1;
    this.#oldest = this.#version;
  }

  /** Ends every watch, as an API server does now and then. */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
  }

  get watches(): number {
    return this.#watchers.size;
  }

  async close(): Promise<void> {
    this.endWatches();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #change(type: Change['type'], pod: FakePod): void {
    this.#version += 1;
    const change = { type, version: this.#version, object: podObject(pod, this.#version) };
    this.#changes.push(change);
    for (const { response } of this.#watchers) response.write(eventLine(change));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://api');
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      refuse(response, 401, 'Unauthorized', 'Unauthorized');
      return;
    }
    const discovered = API_DISCOVERY[url.pathname];
    if (discovered !== undefined) {
      send(response, 200, discovered);
      return;
    }
    const namespace = PODS.exec(url.pathname)?.[1];
    if (namespace === undefined || request.method !== 'GET') {
      refuse(response, 404, 'NotFound', 'the server could not find the requested resource');
      return;
    }
    this.asked.push(url.search);
    if (namespace !== 'default') {
      const message = `pods is forbidden: User cannot list resource "pods" in the namespace "${namespace}"`;
      refuse(response, 403, 'Forbidden', message);
      return;
    }
    if (url.searchParams.get('watch') === '1') this.#watch(url.searchParams, response);
    else this.#list(url.searchParams, response);
  }

  #list(params: URLSearchParams, response: ServerResponse): void {
    const [from = 0, version = this.#version] = (params.get('continue') ?? '')
      .split(':')
      .filter((part) => part !== '')
      .map(Number);
    if (version < this.#oldest) {
      refuse(response, 410, 'Expired', 'The provided continue parameter is too old');
      return;
    }
    const size = Math.min(this.pageSize, Number(params.get('limit') ?? '500'));
    const all = [...this.#pods.values()];
    const items = all.slice(from, from + size).map((pod) => podObject(pod, this.#version));
    const next = from + size < all.length ? { continue: `${from + size}:${version}` } : {};
    const metadata = { resourceVersion: String(version), ...next };
    send(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata, items });
  }

  #watch(params: URLSearchParams, response: ServerResponse): void {
    if (!this.mayWatch) {
      refuse(response, 403, 'Forbidden', 'User cannot watch resource "pods"');
      return;
    }
    const since = Number(params.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    if (since < this.#oldest) {
      const object = statusOf(410, 'Expired', `too old resource version: ${since}`);
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    const metadata = { resourceVersion: String(since) };
    const bookmark = { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata } };
    response.write(`${JSON.stringify(bookmark)}\n`);
    for (const change of this.#changes.filter(({ version }) => version > since)) {
      response.write(eventLine(change));
    }
    const watcher = { response, namespace: 'default' };
    this.#watchers.add(watcher);
    const ms = Number(params.get('timeoutSeconds') ?? '60') * 1000;
    const timer = setTimeout(() => response.end(), ms);
    response.once('close', () => {
      clearTimeout(timer);
      this.#watchers.delete(watcher);
    });
  }
}

function eventLine({ type, object }: Change): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function podObject({ name, container, ip, isEnding }: FakePod, version: number): object {
  return {
    ...{ kind: 'Pod', apiVersion: 'v1' },
    metadata: {
      ...{ name, namespace: 'default', resourceVersion: String(version) },
      ...(isEnding === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [{ name: container ?? name, image: 'raftctl' }] },
    status: {
      phase: ip === undefined ? 'Pending' : 'Running',
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
      ...(container === undefined ? {} : { containerStatuses: [{ name: container, ready: true }] }),
    },
  };
}

function statusOf(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code };
}

function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  send(response, code, statusOf(code, reason, message));
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A CA of its own, and a certificate of it for 127.0.0.1. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    ...['req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2'],
    ...['-subj', '/CN=kubernetes'],
  );
  openssl('req', ...key, '-keyout', 'api.key', '-out', 'api.csr', '-subj', '/CN=kube-apiserver');
  writeFileSync(join(folder, 'san.txt'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    ...['x509', '-req', '-in', 'api.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'api.crt', '-days', '2', '-extfile', 'san.txt'],
  );
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
}
