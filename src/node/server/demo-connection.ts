/**
 * One client of raft-demo: cuts its stream into commands and gives them to the port. Answers of
 * generation A leave on the connection in the order of their commands; those of B and C by UDP.
 */
import type { Socket } from 'node:net';
import type { Bytes } from '../../std/bytes.ts';
import { LaterAnswer } from '../../wire/apps/later-answer.ts';
import type { DemoCommand } from '../../wire/dialects/raft-demo-command.ts';
import { DEMO_NONSENSE, demoAnswer, demoFailure } from '../../wire/dialects/raft-demo-entry.ts';
import { type DemoGeneration, DemoStream } from '../../wire/dialects/raft-demo-stream.ts';
import type { Outcome } from '../replica/contract.ts';
import type { DemoPort, DemoWaiter } from './demo-port.ts';
import { REFUSALS } from './outcomes.ts';
import type { TurnMember } from './turns.ts';

/** An answer of A that has its place in the order. */
interface Slot {
  text: string | null;
}

export class DemoConnection implements TurnMember {
  readonly #socket: Socket;
  readonly #port: DemoPort;
  readonly #stream = new DemoStream();
  readonly #host: string;
  #slots: Slot[] = [];
  /** Commands whose answer is not there yet. */
  #open = 0;
  #dirty = false;
  /** Nothing further is read: there is too much to do. */
  #held = false;
  #ending = false;
  #partialSinceMs = 0;

  constructor(socket: Socket, port: DemoPort) {
    this.#socket = socket;
    this.#port = port;
    this.#host = socket.remoteAddress ?? '127.0.0.1';
    socket.on('data', (chunk: Bytes) => this.receive(chunk));
    socket.on('end', () => this.stop());
    socket.on('drain', () => this.#goOn());
  }

  receive(chunk: Bytes): void {
    if (this.#ending) return;
    this.#stream.push(chunk);
    this.#dispatch();
    if (this.#dirty) this.#port.parts.turns.planFlush();
  }

  /** Takes no further commands; closes when those that were started are answered. */
  stop(): void {
    this.#dispatch();
    this.#ending = true;
    this.#maybeFinish();
  }

  /** The replica has room again. */
  room(): void {
    if (this.#held) this.#port.parts.turns.markResumable(this);
  }

  sweep(nowMs: number): void {
    const { requestMs } = this.#port.parts.limits;
    if (this.#partialSinceMs > 0 && nowMs - this.#partialSinceMs > requestMs) {
      this.#socket.destroy();
    }
  }

  // Turns, see TurnMember.

  flush(): void {
    this.#dirty = false;
    if (this.#socket.destroyed) return;
    let text = '';
    let sent = 0;
    for (const slot of this.#slots) {
      if (slot.text === null) break;
      text += slot.text;
      sent += 1;
    }
    this.#slots.splice(0, sent);
    if (text !== '') this.#socket.write(text, 'latin1');
    this.#goOn();
    this.#maybeFinish();
  }

  resume(): void {
    this.#goOn();
  }

  #dispatch(): void {
    const stream = this.#stream;
    const { parts } = this.#port;
    while (!this.#ending) {
      if (this.#isOverloaded()) {
        this.#held = true;
        this.#socket.pause();
        return;
      }
      const message = stream.next();
      if (message === null) break;
      parts.counted();
      if (message.type === 'command') this.#start(message.generation, message.command);
      else if (message.type === 'nonsense') this.#answer({ text: DEMO_NONSENSE });
    }
    if (stream.overflows) this.#socket.destroy();
    if (stream.waitingBytes === 0) this.#partialSinceMs = 0;
    else if (this.#partialSinceMs === 0) this.#partialSinceMs = Date.now();
  }

  #isOverloaded(): boolean {
    const { replica, limits } = this.#port.parts;
    return (
      replica.full ||
      this.#open >= limits.slotsPerConnection ||
      this.#socket.writableLength > limits.outputBytesSoft
    );
  }

  #goOn(): void {
    if (!this.#held || this.#isOverloaded()) return;
    this.#held = false;
    this.#dispatch();
    if (!this.#held) this.#socket.resume();
  }

  #start(generation: DemoGeneration, command: DemoCommand): void {
    const isText = generation === 'A';
    const slot: Slot = { text: null };
    const waiter: DemoWaiter = {
      settle: (outcome, answer) => {
        if (answer instanceof LaterAnswer) {
          answer.whenRead((read) => {
            waiter.settle(outcome, read);
            this.#port.parts.turns.planFlush();
          });
          return;
        }
        this.#open -= 1;
        if (isText) slot.text = this.#textOf(command, outcome, answer);
        else if (outcome === 'ok') this.#sendAnswer(generation, command, answer);
        if (isText || this.#held || this.#ending) this.#mark();
      },
      dropped: () => {
        this.#open -= 1;
        slot.text = '';
        this.#mark();
      },
    };
    if (!this.#port.take({ generation, command, waiter })) return;
    this.#open += 1;
    if (isText) this.#slots.push(slot);
  }

  #textOf(command: DemoCommand, outcome: Outcome, answer: unknown): string {
    if (outcome !== 'ok') return demoFailure(REFUSALS[outcome].text);
    return demoAnswer('A', command, this.#plain(answer));
  }

  #sendAnswer(generation: DemoGeneration, command: DemoCommand, answer: unknown): void {
    const port = /^\d{1,5}$/.test(command.ip) ? Number(command.ip) : 0;
    if (port < 1 || port > 65_535) return;
    this.#port.datagrams.send(
      this.#host,
      port,
      demoAnswer(generation, command, this.#plain(answer)),
    );
  }

  #plain(answer: unknown): unknown {
    return typeof answer === 'string' ? this.#port.values.plain(answer) : answer;
  }

  #answer(slot: Slot): void {
    this.#slots.push(slot);
    this.#mark();
  }

  #mark(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#port.parts.turns.markDirty(this);
  }

  #maybeFinish(): void {
    if (this.#ending && this.#open === 0 && this.#slots.length === 0) this.#socket.destroySoon();
  }
}
