/**
 * One client of a chatroom. It reads from its position on, once a read round has shown that this
 * node has all that was said before the client came; until then nothing of it is looked at.
 *
 * ```
 *   chunk -> lines -> say / command -> replica ... settle -> `* ...` or `! ...`  (not when plain)
 *                                        |
 *                          a turn ends:  position -> lines of the room -> socket
 * ```
 */
import type { Socket } from 'node:net';
import type { Bytes } from '../../std/bytes.ts';
import { CHAT_ROOM_DEFAULT, encodeSay, LINE_BYTES_MAX } from '../../wire/apps/chat.ts';
import { KvError } from '../../wire/apps/kvstore.ts';
import type { Outcome, ReadWaiter, SessionTag } from '../replica/contract.ts';
import { runChatCommand } from './chat-commands.ts';
import type { ChatContext, ChatGuest, Delivery } from './chat-context.ts';
import { LineSplitter } from './line-splitter.ts';
import { REFUSALS } from './outcomes.ts';

/** What a connection asks of the state. */
export interface ChatReader {
  newest(): number;
  lines(room: string, after: number): Delivery;
}

/** What is told of a command: done, with the index it got, or why not. */
interface Ends {
  done(index: number): void;
  fail(text: string): void;
}

/** Lines of one client that wait for their commit. */
const OPEN_MAX = 1000;
const SLASH = 47;
const CR = 13;

export class ChatConnection implements ChatGuest, ReadWaiter {
  readonly context: ChatContext;
  roomName = CHAT_ROOM_DEFAULT;
  position: number | null = null;
  readonly #socket: Socket;
  readonly #reader: ChatReader;
  readonly #splitter = new LineSplitter(LINE_BYTES_MAX);
  #ready = false;
  #blocked = false;
  #held = false;
  #open = 0;
  #ending = false;
  #closed = false;

  constructor(socket: Socket, context: ChatContext, reader: ChatReader) {
    this.#socket = socket;
    this.context = context;
    this.#reader = reader;
    socket.pause();
    socket.on('data', (chunk: Bytes) => this.#receive(chunk));
    socket.on('end', () => this.stop());
    socket.on('drain', () => this.#drained());
    socket.on('close', () => {
      this.#closed = true;
    });
    // What is said from now on is heard. Else the round tells what was said before.
    if (context.isCurrent()) this.position = reader.newest();
    context.turns.read(this);
    context.turns.planFlush();
  }

  /** Also without a leader: then the client reads from where this node is. */
  readReady(): void {
    this.#later(() => {
      this.position ??= this.#reader.newest();
      this.#ready = true;
      if (!this.context.isPlain) this.tell(`you are in ${this.roomName}; /help tells more`);
      this.#socket.resume();
      this.deliver();
      this.#maybeEnd();
    });
  }

  deliver(): void {
    while (this.#ready && !this.#blocked && !this.#closed) {
      const after = this.position ?? 0;
      const { bytes, through, gap } = this.#reader.lines(this.roomName, after);
      if (gap && !this.#tellGap()) return;
      if (through === after) break;
      this.position = through;
      if (bytes.length > 0) this.#write(bytes);
      if (through >= this.#reader.newest()) break;
    }
  }

  tell(text: string): void {
    if (!this.context.isPlain) this.#write(`* ${text}\n`);
  }

  complain(text: string): void {
    if (!this.context.isPlain) this.#write(`! ${text}\n`);
  }

  say(text: Bytes, tag: SessionTag | null = null): void {
    const { context } = this;
    if (!context.takesLines()) return;
    this.propose(encodeSay(this.roomName, text), tag, (index) => {
      if (tag !== null) this.tell(`said ${tag.sequence} ${index}`);
    });
  }

  propose(command: Bytes, tag: SessionTag | null, done: (index: number) => void): void {
    this.#open += 1;
    const number = tag === null ? '' : `${tag.sequence} `;
    const fail = (text: string): void => this.complain(`${number}${text}`);
    this.context.replica.propose(command, new Proposed(this, { done, fail }), tag);
  }

  settled(outcome: Outcome, answer: unknown, { done, fail }: Ends): void {
    this.#later(() => {
      this.#open -= 1;
      // Who is told that a line is said has heard it.
      this.deliver();
      if (outcome !== 'ok') fail(`${REFUSALS[outcome].word} ${REFUSALS[outcome].text}`);
      else if (answer instanceof KvError) fail(answer.text);
      else done(answer as number);
      if (this.#held && this.#open <= OPEN_MAX / 2) this.room();
      this.#maybeEnd();
    });
  }

  /** The replica has room again, or this client has fewer lines open. */
  room(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#dispatch();
    if (!this.#held && !this.#closed) this.#socket.resume();
  }

  stop(): void {
    this.#ending = true;
    this.#maybeEnd();
  }

  #receive(chunk: Bytes): void {
    if (this.#ending) return;
    this.#splitter.feed(chunk);
    this.#dispatch();
    this.context.turns.planFlush();
  }

  #dispatch(): void {
    for (;;) {
      if (this.#open >= OPEN_MAX || this.context.replica.full) {
        this.#held = true;
        this.#socket.pause();
        return;
      }
      const line = this.#splitter.next();
      if (line === null) break;
      this.#take(line);
    }
    if (!this.#splitter.tooLong) return;
    this.complain(`ERR a line has at most ${LINE_BYTES_MAX} bytes`);
    this.stop();
  }

  #take(line: Bytes): void {
    if (line.length === 0) return;
    this.context.counted();
    if (this.context.isPlain) {
      this.say(line);
      return;
    }
    const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (text.length === 0) return;
    if (text[0] !== SLASH) this.say(text);
    else if (text[1] === SLASH) this.say(text.subarray(1));
    else runChatCommand(this, text);
  }

  /** @returns whether the client goes on. */
  #tellGap(): boolean {
    if (this.context.isPlain) {
      // It could not tell: better a broken connection than a line that nobody misses.
      this.#socket.destroy();
      return false;
    }
    this.complain(`GAP lines behind ${this.position ?? 0} are not kept any more`);
    return true;
  }

  #write(data: Bytes | string): void {
    if (this.#closed) return;
    if (!this.#socket.write(data)) this.#blocked = true;
  }

  #drained(): void {
    this.#blocked = false;
    this.deliver();
    this.#maybeEnd();
  }

  #maybeEnd(): void {
    if (!this.#ending || !this.#ready || this.#open > 0 || this.#held || this.#blocked) return;
    this.#socket.destroySoon();
  }

  /** At the end of the turn, outside the replica's callbacks. */
  #later(task: () => void): void {
    this.context.turns.atEnd(() => {
      if (!this.#closed) task();
    });
  }
}

/** A line that waits for its commit. */
class Proposed {
  readonly #connection: ChatConnection;
  readonly #ends: Ends;

  constructor(connection: ChatConnection, ends: Ends) {
    this.#connection = connection;
    this.#ends = ends;
  }

  settle(outcome: Outcome, answer: unknown): void {
    this.#connection.settled(outcome, answer, this.#ends);
  }
}
