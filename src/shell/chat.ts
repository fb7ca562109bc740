/** A conversation of `raftctl chat`: stdin is said, what is heard is printed. */
import { createInterface, type Interface } from 'node:readline';
import { ChatClient } from '../client/chat-client.ts';
import type { RaftctlError } from '../std/errors.ts';
import type { Paint } from '../std/paint.ts';
import { isRoomName, NOT_A_ROOM } from '../wire/apps/chat.ts';

export interface ConverseInit {
  readonly endpoints: readonly string[];
  readonly room: string;
  readonly historyLines: number;
  readonly timeoutMs: number;
  /** Before each line that is said. */
  readonly prefix: string;
  readonly isTerminal: boolean;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly note: (line: string) => void;
  readonly paint: Paint;
}

export interface ChatLine {
  readonly index: number;
  readonly text: string;
}

export interface Talk {
  /** In the order they were said here. */
  readonly said: readonly ChatLine[];
  /** The newest of all that were heard. */
  readonly heard: readonly ChatLine[];
}

/** So many lines that were heard are told at the end. */
const HEARD_MAX = 10_000;
/** With so many lines on their way, stdin waits. */
const UNCONFIRMED_MAX = 1000;

/** @throws {RaftctlError} UNREACHABLE, OUTCOME_UNKNOWN, REQUEST_REFUSED */
export function converse(init: ConverseInit): Promise<Talk> {
  return new Conversation(init).run();
}

class Conversation {
  readonly #init: ConverseInit;
  readonly #client: ChatClient;
  readonly #said: ChatLine[] = [];
  readonly #heard: ChatLine[] = [];
  #input: Interface | null = null;
  #inputEnded = false;
  #failure: RaftctlError | null = null;
  #wake: () => void = () => {};

  constructor(init: ConverseInit) {
    const { endpoints, room, historyLines, timeoutMs } = init;
    this.#init = init;
    this.#client = new ChatClient({
      ...{ endpoints, room, historyLines, timeoutMs },
      onLine: (line) => this.#hear(line),
      onNote: (text) => this.#note(text),
      onFailed: (error) => this.#fail(error),
    });
  }

  async run(): Promise<Talk> {
    const { signal, isTerminal } = this.#init;
    const input = createInterface({
      input: process.stdin,
      ...(isTerminal ? { output: process.stdout, prompt: '> ' } : {}),
      terminal: isTerminal,
    });
    this.#input = input;
    this.#client.start();
    input.on('line', (line) => this.#take(line));
    input.on('SIGINT', () => input.close());
    input.on('close', () => {
      this.#inputEnded = true;
      this.#wake();
    });
    signal.addEventListener('abort', () => this.#wake());
    if (isTerminal) input.prompt();
    while (!this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    input.close();
    this.#client.close();
    if (this.#failure !== null) throw this.#failure;
    this.#said.sort((a, b) => a.index - b.index);
    return { said: this.#said, heard: this.#heard };
  }

  get #isOver(): boolean {
    const { signal, follow, isTerminal } = this.#init;
    if (signal.aborted || this.#failure !== null) return true;
    return this.#inputEnded && (isTerminal || !follow) && this.#client.unconfirmed === 0;
  }

  #take(line: string): void {
    const { isTerminal, prefix } = this.#init;
    if (isTerminal && line.startsWith('/') && !line.startsWith('//')) this.#command(line);
    else if (line !== '') this.#say(prefix + line.replace(/^\/\//, '/'));
    if (isTerminal) this.#input?.prompt();
  }

  #say(text: string): void {
    if (this.#client.unconfirmed >= UNCONFIRMED_MAX) this.#input?.pause();
    this.#client.say(text).then(
      (index) => {
        this.#said.push({ index, text });
        if (this.#client.unconfirmed < UNCONFIRMED_MAX / 2) this.#input?.resume();
        this.#wake();
      },
      (error: RaftctlError) => this.#fail(error),
    );
  }

  #command(line: string): void {
    const [word = '', argument = ''] = line.trim().split(/\s+/);
    if (word === '/quit') this.#input?.close();
    else if (word !== '/room') this.#client.ask(line);
    else if (isRoomName(argument)) this.#client.enter(argument);
    else this.#note(NOT_A_ROOM.text.slice(4));
  }

  #hear(line: ChatLine): void {
    const { isTerminal, print, paint } = this.#init;
    this.#heard.push(line);
    if (this.#heard.length > HEARD_MAX) this.#heard.shift();
    if (isTerminal) this.#show(`${paint('dim', `#${line.index}`)} ${shown(line.text)}`);
    else print(`${line.index}-${line.text}`);
  }

  #note(text: string): void {
    const { isTerminal, note, paint } = this.#init;
    if (isTerminal) this.#show(paint('dim', shown(text)));
    else if (!/^you are in /.test(text)) note(text);
  }

  /** Above the line that is being typed. */
  #show(text: string): void {
    process.stdout.write(`\r\u001b[K${text}\n`);
    this.#input?.prompt(true);
  }

  #fail(error: RaftctlError): void {
    this.#failure ??= error;
    this.#wake();
  }
}

/** What others say must not move the cursor. */
function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '·');
}
