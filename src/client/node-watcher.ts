/**
 * Watches one node over its admin port: asks for its vitals over a connection that is kept, and
 * follows its events. After a break it goes on where it was; what the node forgot meanwhile is a
 * gap that is counted.
 */
import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { RaftctlError } from '../std/errors.ts';
import type { EventGap, NodeEvent } from '../wire/events.ts';
import type { NodeVitals } from '../wire/vitals.ts';
import { callAdmin, isSecured } from './dial.ts';

const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const RETRY_MS = 250;
const CONNECT_MS_MAX = 2000;
const KEPT = { keepAlive: true, maxSockets: 2 };

export class NodeWatcher {
  readonly address: string;
  readonly #agent = new Agent(KEPT);
  readonly #tlsAgent = new TlsAgent(KEPT);
  readonly #onEvent: (event: NodeEvent) => void;
  #stream: ClientRequest | null = null;
  #retry: NodeJS.Timeout | null = null;
  #position: { readonly incarnation: string; readonly seq: number } | null = null;
  #closed = false;
  /** How often events were lost because nobody read them in time. */
  gaps = 0;

  constructor(address: string, onEvent: (event: NodeEvent) => void) {
    this.address = address;
    this.#onEvent = onEvent;
  }

  /** @throws {RaftctlError} UNREACHABLE when it does not answer with its vitals in time. */
  async vitals(timeoutMs: number): Promise<NodeVitals> {
    const value = await this.json('/v1/vitals', timeoutMs);
    if (!isEnvelope(value)) throw this.#unreachable('the answer holds no vitals');
    return value.data;
  }

  /** @throws {RaftctlError} UNREACHABLE */
  async json(path: string, timeoutMs: number): Promise<unknown> {
    const text = await this.text(path, timeoutMs);
    try {
      return JSON.parse(text);
    } catch {
      throw this.#unreachable('the answer is no JSON');
    }
  }

  /** The events that the node still knows. @throws {RaftctlError} UNREACHABLE */
  async events(timeoutMs: number): Promise<NodeEvent[]> {
    const text = await this.text('/v1/events', timeoutMs);
    const items = text
      .split('\n')
      .filter((line) => line !== '')
      .map(parseItem);
    return items.filter((item): item is NodeEvent => item !== null && item.type !== 'gap');
  }

  /** Begins to follow the events, the oldest that the node still knows first. */
  follow(): void {
    if (this.#closed) return;
    const since = this.#position;
    const from = since === null ? '' : `&since=${since.incarnation}:${since.seq}`;
    const path = `/v1/events?follow=1${from}`;
    const call = callAdmin({ address: this.address, path }, (response) => {
      call.setTimeout(0);
      this.#read(response);
    });
    call.end();
    call.setTimeout(CONNECT_MS_MAX, () => call.destroy());
    call.once('error', () => {});
    call.once('close', () => this.#again());
    this.#stream = call;
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#stream?.destroy();
    this.#agent.destroy();
    this.#tlsAgent.destroy();
  }

  #again(): void {
    if (this.#closed || this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.follow();
    }, RETRY_MS);
  }

  #read(response: IncomingMessage): void {
    let rest = '';
    response.setEncoding('utf8');
    response.on('error', () => {});
    if (response.statusCode !== 200) {
      response.resume();
      return;
    }
    response.on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
  }

  #take(line: string): void {
    const item = parseItem(line);
    if (item === null) return;
    if (item.type === 'gap') {
      this.gaps += 1;
      this.#position = { incarnation: item.incarnation, seq: item.nextSeq - 1 };
      return;
    }
    this.#position = { incarnation: item.incarnation, seq: item.seq };
    this.#onEvent(item);
  }

  /** Any answer as it is. @throws {RaftctlError} UNREACHABLE */
  text(path: string, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const agent = isSecured(this.address) ? this.#tlsAgent : this.#agent;
      const asked = { address: this.address, path, agent };
      const call = callAdmin(asked, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
          if (text.length > ANSWER_BYTES_MAX) call.destroy(new Error('the answer is too long'));
        });
        response.on('end', () => {
          clearTimeout(timer);
          if (response.statusCode === 200) resolve(text);
          else reject(this.#unreachable(`HTTP status ${response.statusCode}`));
        });
        response.on('error', reject);
      });
      const tooLate = new Error(`no answer within ${timeoutMs} ms`);
      const timer = setTimeout(() => call.destroy(tooLate), timeoutMs);
      call.on('error', (error) => {
        clearTimeout(timer);
        reject(this.#unreachable(error.message, error));
      });
      call.end();
    });
  }

  #unreachable(reason: string, cause?: unknown): RaftctlError {
    const message = `Cannot watch ${this.address}: ${reason}`;
    return new RaftctlError('UNREACHABLE', { message, cause });
  }
}

function parseItem(line: string): NodeEvent | EventGap | null {
  try {
    return JSON.parse(line) as NodeEvent | EventGap;
  } catch {
    return null;
  }
}

function isEnvelope(value: unknown): value is { readonly data: NodeVitals } {
  if (typeof value !== 'object' || value === null || !('data' in value)) return false;
  const { data } = value;
  return typeof data === 'object' && data !== null && 'status' in data && 'process' in data;
}
