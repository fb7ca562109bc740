/**
 * A guest of a chatroom cluster, over whichever node answers: it hears every line once and in
 * order, and every line it says is said once. When its node fails it goes on at the next one,
 * from the index it has (`/since`), and repeats what was not confirmed in its session (`/once`).
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import { type ChatEvent, parseChatLine } from './chat-line.ts';
import { dial } from './dial.ts';

export interface ChatClientInit {
  /** Client addresses, tried in this order. */
  readonly endpoints: readonly string[];
  readonly room: string;
  /** How many lines that were said before are heard at first. */
  readonly historyLines: number;
  /** So long may nobody answer. */
  readonly timeoutMs: number;
  onLine(line: { readonly index: number; readonly text: string }): void;
  /** What the node says on the side, and news of the connection. */
  onNote(text: string): void;
  /** Once: nobody can be reached any more. */
  onFailed(error: RaftctlError): void;
}

interface Unconfirmed {
  readonly text: string;
  readonly room: string;
  readonly done: (index: number) => void;
  readonly failed: (error: RaftctlError) => void;
  /** In the session; 0: it was not sent yet. */
  sequence: number;
}

const RETRY_MS = 200;
/** A node that says nothing at all for so long, when asked, is given up. */
const SILENCE_MS = 2500;
/** Lines under way: fewer than the node remembers of a session. */
const WINDOW = 32;

export class ChatClient {
  readonly #init: ChatClientInit;
  room: string;
  #socket: Socket | null = null;
  #endpoint = 0;
  #rest = '';
  #last: number | null = null;
  #session = 0;
  #sequence = 0;
  readonly #waiting: Unconfirmed[] = [];
  readonly #sent = new Map<number, Unconfirmed>();
  #lastHeardMs = performance.now();
  #lastGoodMs = performance.now();
  #watch: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(init: ChatClientInit) {
    this.#init = init;
    this.room = init.room;
  }

  start(): void {
    this.#connect();
    this.#watch = setInterval(() => this.#tick(), RETRY_MS);
  }

  /** @returns the index it got. @throws {RaftctlError} OUTCOME_UNKNOWN, REQUEST_REFUSED. */
  say(text: string): Promise<number> {
    return new Promise((done, failed) => {
      this.#waiting.push({ text, room: this.room, done, failed, sequence: 0 });
      this.#send();
    });
  }

  enter(room: string): void {
    this.room = room;
    this.#write(`/room ${room}`);
  }

  /** Another command of the node's; what it says comes as notes and lines. */
  ask(command: string): void {
    // Lines that were heard already are wanted again.
    const isBack = /^\/(history|since)\b/.test(command);
    if (isBack) this.#last = null;
    this.#write(command);
    if (isBack) this.#write('/here');
  }

  get unconfirmed(): number {
    return this.#waiting.length + this.#sent.size;
  }

  close(): void {
    this.#closed = true;
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connect(): void {
    const { endpoints } = this.#init;
    const { socket } = dial(endpoints[this.#endpoint % endpoints.length] ?? '');
    let isGreeted = false;
    this.#socket = socket;
    this.#rest = '';
    this.#lastHeardMs = performance.now();
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#lastHeardMs = performance.now();
      this.#lastGoodMs = this.#lastHeardMs;
      for (const line of this.#linesOf(text)) {
        if (isGreeted) this.#hear(parseChatLine(line));
        else if (line.startsWith('* ')) this.#greet();
        isGreeted = true;
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => void this.#lost(socket));
  }

  #linesOf(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #greet(): void {
    const { historyLines } = this.#init;
    this.#write(`/room ${this.room}`);
    if (this.#last !== null) this.#write(`/since ${this.#last}`);
    else if (historyLines > 0) this.#write(`/history ${historyLines}`);
    // Who heard nothing yet goes on from here, should this node fail.
    if (this.#last === null) this.#write('/here');
    if (this.#session === 0) this.#write('/open');
    for (const line of this.#sent.values()) this.#writeOnce(line);
    this.#send();
  }

  #hear(event: ChatEvent): void {
    switch (event.kind) {
      case 'line':
        if (this.#last !== null && event.index <= this.#last) return;
        this.#last = event.index;
        this.#init.onLine({ index: event.index, text: event.text });
        return;
      case 'here':
        this.#last = Math.max(this.#last ?? 0, event.index);
        return;
      case 'session':
        this.#session = event.session;
        this.#sequence = 0;
        this.#send();
        return;
      case 'said':
        this.#confirm(event.sequence)?.done(event.index);
        return;
      case 'notSaid':
        this.#notSaid(event);
        return;
      case 'note':
        if (event.text !== 'pong') this.#init.onNote(event.text);
        return;
    }
  }

  #confirm(sequence: number): Unconfirmed | undefined {
    const line = this.#sent.get(sequence);
    this.#sent.delete(sequence);
    this.#send();
    return line;
  }

  #notSaid({ sequence, word, text }: ChatEvent & { readonly kind: 'notSaid' }): void {
    const line = this.#sent.get(sequence);
    if (line === undefined) return;
    if (word === 'SESSIONEXPIRED') {
      // It was sent once only if nothing was lost; nobody knows that here.
      this.#session = 0;
      this.#sent.delete(sequence);
      this.#write('/open');
      line.failed(unknown(line.text));
    } else if (word === 'ERR' || word.startsWith('SESSION')) {
      this.#sent.delete(sequence);
      const message = `The node refused the line: ${text}`;
      line.failed(new RaftctlError('REQUEST_REFUSED', { message }));
    } else {
      // It may be sent again: the session sees to it that it is said once.
      setTimeout(() => {
        if (this.#sent.has(sequence)) this.#writeOnce(line);
      }, RETRY_MS).unref();
    }
  }

  #send(): void {
    while (this.#session !== 0 && this.#socket !== null && this.#sent.size < WINDOW) {
      const line = this.#waiting.shift();
      if (line === undefined) return;
      this.#sequence += 1;
      line.sequence = this.#sequence;
      this.#sent.set(line.sequence, line);
      this.#writeOnce(line);
    }
  }

  #writeOnce(line: Unconfirmed): void {
    if (line.room !== this.room) this.#write(`/room ${line.room}`);
    this.#write(`/once ${this.#session}-${line.sequence} ${line.text}`);
    if (line.room !== this.room) this.#write(`/room ${this.room}`);
  }

  #write(line: string): void {
    this.#socket?.write(`${line}\n`);
  }

  /** Asks a node that is silent for a sign of life, and gives up one that shows none. */
  #tick(): void {
    const nowMs = performance.now();
    const { timeoutMs } = this.#init;
    if (nowMs - this.#lastGoodMs > Math.max(timeoutMs, 2 * SILENCE_MS)) {
      this.#fail();
      return;
    }
    const silentMs = nowMs - this.#lastHeardMs;
    if (silentMs > SILENCE_MS) this.#socket?.destroy();
    else if (silentMs > SILENCE_MS / 2 && silentMs < SILENCE_MS / 2 + RETRY_MS * 1.5) {
      this.#write('/ping');
    }
  }

  async #lost(socket: Socket): Promise<void> {
    if (this.#socket !== socket || this.#closed) return;
    this.#socket = null;
    this.#endpoint += 1;
    const { endpoints } = this.#init;
    if (this.#endpoint % endpoints.length === 0) await sleep(RETRY_MS);
    if (performance.now() - this.#lastGoodMs > this.#init.timeoutMs) this.#fail();
    else if (!this.#closed) this.#connect();
  }

  #fail(): void {
    if (this.#closed) return;
    this.close();
    const { endpoints, timeoutMs } = this.#init;
    for (const line of this.#sent.values()) line.failed(unknown(line.text));
    const error = new RaftctlError('UNREACHABLE', {
      message: `No chatroom answers at ${endpoints.join(', ')} within ${timeoutMs} ms`,
      hint: 'See what runs: raftctl cluster ls',
    });
    for (const line of this.#waiting) line.failed(error);
    this.#init.onFailed(error);
  }
}

function unknown(text: string): RaftctlError {
  return new RaftctlError('OUTCOME_UNKNOWN', {
    message: `The line may or may not have been said: ${text.slice(0, 80)}`,
    hint: 'Look for it: raftctl chat --history 100',
  });
}
