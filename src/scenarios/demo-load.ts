/**
 * The demo's load: several pipelined connections to every node, three writes to one read. A
 * connection that breaks leaves its writes unknown, never sends them again, and goes on at the
 * next node.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RespConnection } from '../client/resp-connection.ts';
import { type Reply, RespError } from '../client/resp-reply.ts';
import { commandText } from '../client/resp-request.ts';
import { Prng } from '../std/prng.ts';
import { keyFor, type Ledger, valueFor } from './demo-ledger.ts';

const LANES_PER_NODE = 2;
/** Requests under way on one connection. */
const WINDOW = 16;
const WRITES_PER_READ = 3;
const CONNECT_TIMEOUT_MS = 500;
const RECONNECT_PAUSE_MS = 10;
const DRAIN_MS_MAX = 3000;
const SEED = 1;

export class DemoLoad {
  readonly #lanes: readonly Lane[];

  constructor(addresses: readonly string[], ledger: Ledger) {
    const prng = new Prng(SEED);
    const count = addresses.length * LANES_PER_NODE;
    this.#lanes = Array.from(
      { length: count },
      (_, i) => new Lane({ addresses, home: i % addresses.length, ledger, prng: prng.fork() }),
    );
  }

  start(): void {
    for (const lane of this.#lanes) lane.start();
  }

  /** Sends no more and waits for the answers under way; what has none by then is unknown. */
  async stop(): Promise<void> {
    for (const lane of this.#lanes) lane.pause();
    const deadline = performance.now() + DRAIN_MS_MAX;
    while (this.#lanes.some((lane) => lane.pending > 0) && performance.now() < deadline) {
      await sleep(5);
    }
    this.close();
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}

interface LaneInit {
  readonly addresses: readonly string[];
  readonly home: number;
  readonly ledger: Ledger;
  readonly prng: Prng;
}

class Lane {
  readonly #init: LaneInit;
  #target: number;
  #connection: RespConnection | null = null;
  #isRunning = false;
  #isRefillDue = false;
  /** Numbers of the writes under way, in order; a read of write w stands as -1 - w. */
  #sent: number[] = [];
  #head = 0;
  #turn = 0;

  constructor(init: LaneInit) {
    this.#init = init;
    this.#target = init.home;
  }

  get pending(): number {
    return this.#sent.length - this.#head;
  }

  start(): void {
    this.#isRunning = true;
    void this.#connect();
  }

  pause(): void {
    this.#isRunning = false;
  }

  close(): void {
    this.#isRunning = false;
    this.#connection?.close();
  }

  async #connect(): Promise<void> {
    const { addresses } = this.#init;
    while (this.#isRunning) {
      const address = addresses[this.#target % addresses.length] ?? '';
      const connection = await RespConnection.open(address, CONNECT_TIMEOUT_MS).catch(() => null);
      if (connection !== null) {
        this.#connection = connection;
        connection.listen({
          onReply: (reply) => this.#take(reply),
          onClose: () => this.#lose(),
        });
        this.#refill();
        return;
      }
      this.#target += 1;
      await sleep(RECONNECT_PAUSE_MS);
    }
  }

  #take(reply: Reply): void {
    const { ledger } = this.#init;
    const sent = this.#sent[this.#head] ?? 0;
    this.#head += 1;
    if (sent < 0) this.#takeRead(-1 - sent, reply);
    else if (reply === 'OK') ledger.acknowledge(sent);
    else {
      const isUnknown = reply instanceof RespError && reply.prefix === 'UNKNOWN';
      ledger.forget(sent, isUnknown ? 'unknown' : 'refused');
    }
    if (this.#isRefillDue || !this.#isRunning) return;
    // One write for all the room that this turn of the event loop makes.
    this.#isRefillDue = true;
    setImmediate(() => this.#refill());
  }

  #takeRead(write: number, reply: Reply): void {
    if (reply instanceof RespError) return; // Refused: says nothing about the value.
    const { ledger } = this.#init;
    const value = Buffer.isBuffer(reply) ? reply.toString('latin1') : null;
    if (value === valueFor(write)) ledger.readsAnswered += 1;
    else ledger.wrongReads.push(write);
  }

  #lose(): void {
    const { ledger } = this.#init;
    for (let i = this.#head; i < this.#sent.length; i += 1) {
      const sent = this.#sent[i] ?? -1;
      if (sent >= 0) ledger.forget(sent, 'unknown');
    }
    this.#sent = [];
    this.#head = 0;
    this.#connection = null;
    this.#target += 1;
    if (this.#isRunning) void this.#connect();
  }

  #refill(): void {
    this.#isRefillDue = false;
    const connection = this.#connection;
    if (connection === null || !this.#isRunning) return;
    if (this.#head > 0) {
      this.#sent = this.#sent.slice(this.#head);
      this.#head = 0;
    }
    let text = '';
    let count = 0;
    while (this.#sent.length < WINDOW) {
      const command = this.#nextCommand();
      if (command === null) break;
      text += command;
      count += 1;
    }
    if (count > 0) connection.send(text, count);
  }

  #nextCommand(): string | null {
    const { ledger, prng } = this.#init;
    this.#turn += 1;
    if (this.#turn % (WRITES_PER_READ + 1) === 0 && ledger.written > 0) {
      const write = prng.between(0, ledger.written - 1);
      if (ledger.isAcknowledged(write)) {
        this.#sent.push(-1 - write);
        return commandText(['GET', keyFor(write)]);
      }
    }
    const write = ledger.take();
    if (write < 0) return null;
    this.#sent.push(write);
    return commandText(['SET', keyFor(write), valueFor(write)]);
  }
}
