/** Reads key after key, in whatever protocol the load had: one connection, one key at a time. */
import type { Socket } from 'node:net';
import { credentialsOf } from '../client/credentials.ts';
import { dial } from '../client/dial.ts';
import {
  KEY_DIGITS,
  putRequest,
  type ReplyKind,
  type ReplyScanner,
  type Template,
} from './drivers/driver.ts';
import { driverOf } from './drivers/drivers.ts';
import type { Target } from './target.ts';
import type { Workload } from './workload.ts';

export interface ReadBackInit {
  readonly workload: Workload;
  readonly mark: string;
  /** Not empty: after one that does not answer comes the next. */
  readonly targets: readonly Target[];
  /** Which of them is asked first. */
  readonly first: number;
}

/** What a key holds. */
export interface KeyAnswer {
  readonly kind: ReplyKind;
  /** The number that its value bears; null: none of this run. */
  readonly stamp: number | null;
  /** All of the answer. */
  readonly text: string;
}

export interface KeyReader {
  nameOf(key: number): string;
  /** @returns null when there is no answer in time. */
  read(key: number): Promise<KeyAnswer | null>;
  close(): void;
}

/** The request for one key, made once. @param host as in `Host:`, where there is one. */
export function readTemplate({ driver, keyPrefix }: Workload, host: string): Template {
  const token = credentialsOf(host)?.clientToken ?? null;
  const bearer = token === null ? {} : { bearer: token };
  const shape = { host, keyPrefix, value: '', scanLength: 1, modify: false, stale: false };
  return driverOf(driver).read({ ...shape, ...bearer });
}

export function keyName({ keyPrefix }: Workload, key: number): string {
  return `${keyPrefix}${String(key).padStart(KEY_DIGITS, '0')}`;
}

interface Open {
  readonly socket: Socket;
  readonly scanner: ReplyScanner;
  readonly template: Template;
}

export class ReadBack implements KeyReader {
  readonly #init: ReadBackInit;
  #target: number;
  #open: Open | null = null;

  constructor(init: ReadBackInit) {
    this.#init = init;
    this.#target = init.first % init.targets.length;
  }

  nameOf(key: number): string {
    return keyName(this.#init.workload, key);
  }

  async read(key: number): Promise<KeyAnswer | null> {
    const open = this.#open ?? (await this.#connect());
    if (open === null) return null;
    const { template } = open;
    const request = Buffer.alloc(template.bytes.length);
    putRequest(request, 0, template, key);
    const reply = await this.#ask(open, request);
    if (reply === null || reply.kind === 'error') this.#next();
    if (reply === null) return null;
    const text = bodyOf(reply.text);
    return { kind: reply.kind, stamp: stampIn(text, this.#init.mark), text };
  }

  close(): void {
    this.#open?.socket.destroy();
    this.#open = null;
  }

  #next(): void {
    this.close();
    this.#target = (this.#target + 1) % this.#init.targets.length;
  }

  async #connect(): Promise<Open | null> {
    const { workload, targets } = this.#init;
    const host = targets[this.#target]?.address ?? '';
    const scanner = driverOf(workload.driver).createScanner();
    const token = credentialsOf(host)?.clientToken ?? null;
    const template = readTemplate(workload, host);
    const { socket, ready } = dial(host);
    const isReady = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), workload.timeoutMs);
      const end = (value: boolean) => (): void => {
        clearTimeout(timer);
        resolve(value);
      };
      socket.once(ready, end(true));
      socket.once('error', end(false));
      socket.once('close', end(false));
    });
    // Whatever ends it later is seen as an answer that does not come.
    socket.on('error', () => {});
    const open = { socket, scanner, template };
    const greeting = token === null ? undefined : scanner.greeting?.(token);
    const isGreeted =
      isReady &&
      (greeting === undefined || (await this.#ask(open, Buffer.from(greeting)))?.kind === 'ok');
    if (!isGreeted) {
      socket.destroy();
      this.#next();
      return null;
    }
    this.#open = open;
    return open;
  }

  #ask(
    { socket, scanner }: Open,
    request: Buffer,
  ): Promise<{ readonly kind: ReplyKind; readonly text: string } | null> {
    return new Promise((resolve) => {
      const pieces: Buffer[] = [];
      const end = (kind: ReplyKind | null): void => {
        clearTimeout(timer);
        socket.off('data', take);
        socket.off('close', lose);
        const text = Buffer.concat(pieces).toString('latin1');
        resolve(kind === null ? null : { kind, text });
      };
      const take = (bytes: Buffer): void => {
        pieces.push(bytes);
        if (!scanner.push(bytes, bytes.length, { awaits: 'read', onReply: end })) end(null);
      };
      const lose = (): void => end(null);
      const timer = setTimeout(lose, this.#init.workload.timeoutMs);
      socket.on('data', take);
      socket.on('close', lose);
      socket.write(request);
    });
  }
}

/** The number behind the mark, as it is or in base64; null: there is no mark. */
export function stampIn(text: string, mark: string): number | null {
  const plain = text.indexOf(mark);
  if (plain >= 0)
    return numberOf(text.slice(plain + mark.length, plain + mark.length + KEY_DIGITS));
  const coded = text.indexOf(Buffer.from(mark).toString('base64'));
  if (coded < 0) return null;
  const length = ((mark.length + KEY_DIGITS) / 3) * 4;
  const decoded = Buffer.from(text.slice(coded, coded + length), 'base64').toString('latin1');
  return numberOf(decoded.slice(mark.length));
}

function numberOf(digits: string): number | null {
  return /^\d{12}$/.test(digits) ? Number(digits) : null;
}

/** Without the head of an HTTP response and the sizes of its chunks; anything else as it is. */
export function bodyOf(answer: string): string {
  if (!answer.startsWith('HTTP/1.')) return answer;
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return answer;
  const rest = answer.slice(end + 4);
  if (!/^transfer-encoding:[ \t]*chunked/im.test(answer.slice(0, end))) return rest;
  let body = '';
  for (let at = 0; at < rest.length; ) {
    const line = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.slice(at, line), 16);
    if (line < 0 || !(size > 0)) break;
    body += rest.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
  return body;
}
