/**
 * Writes to one node over one connection: as many as it takes (`flood`), or so many a second
 * whatever it answers (`pour`). Each has the next key: `k1`, `k2`, ...
 */
import { connect } from 'node:net';

const TICK_MS = 5;
/** Writes under way in a flood. */
const WINDOW = 64;
const ACKNOWLEDGED = '+OK\r\n';
const DRAIN_MS_MAX = 10_000;

export class SteadyWrites {
  sent = 0;
  acknowledged = 0;
  /** What was answered in the place of an acknowledgement; null: nothing. */
  refusal = null;
  #socket;
  #value;
  #rest = '';
  #timer = null;
  #isFlooding = false;

  static async open(port, valueBytes) {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new SteadyWrites(socket, valueBytes);
  }

  constructor(socket, valueBytes) {
    this.#socket = socket;
    this.#value = 'x'.repeat(valueBytes);
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    socket.on('error', (error) => {
      this.refusal ??= error.message;
    });
  }

  flood() {
    this.#isFlooding = true;
    this.#send(WINDOW);
  }

  pour(perSecond) {
    const begun = performance.now();
    const before = this.sent;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
      this.#send(due - (this.sent - before));
    }, TICK_MS);
  }

  /** Waits for what is under way. */
  async rest() {
    this.#isFlooding = false;
    clearInterval(this.#timer);
    const deadline = performance.now() + DRAIN_MS_MAX;
    while (this.acknowledged < this.sent && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  close() {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }

  #send(count) {
    let text = '';
    for (let i = 0; i < count; i += 1) {
      this.sent += 1;
      const key = `k${this.sent}`;
      text += `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${this.#value.length}\r\n${this.#value}\r\n`;
    }
    if (text !== '') this.#socket.write(text);
  }

  #take(chunk) {
    const text = this.#rest + chunk;
    const count = Math.floor(text.length / ACKNOWLEDGED.length);
    const whole = count * ACKNOWLEDGED.length;
    if (text.slice(0, whole) !== ACKNOWLEDGED.repeat(count)) this.refusal ??= text.slice(0, 100);
    this.#rest = text.slice(whole);
    this.acknowledged += count;
    if (this.#isFlooding) this.#send(count);
  }
}
