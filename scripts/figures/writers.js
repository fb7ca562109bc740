/**
 * Clients that write to all nodes without pause. A connection that ends is opened again at the next
 * node; what was under way on it is not sent again.
 */
import { connect } from 'node:net';

/** Per node so many connections, and so many writes under way on each. */
const USUAL = { perNode: 2, window: 8 };
const RECONNECT_MS = 10;

export class Writers {
  acknowledged = 0;
  #ports;
  #perNode;
  #window;
  #stopped = false;
  #sockets = new Set();
  #serial = 0;
  /** Waits for a write that is sent after `sinceMs`. */
  #awaited = null;

  constructor(ports, { perNode, window } = USUAL) {
    this.#ports = ports;
    this.#perNode = perNode;
    this.#window = window;
  }

  start() {
    for (let i = 0; i < this.#ports.length * this.#perNode; i += 1) this.#connect(i);
    return this;
  }

  stop() {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Milliseconds from now to the first acknowledgement of a write that is sent from now on. */
  next(timeoutMs) {
    const sinceMs = performance.now();
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`No write was acknowledged within ${timeoutMs} ms`));
      const timer = setTimeout(late, timeoutMs);
      const resolveInTime = (nowMs) => {
        clearTimeout(timer);
        resolve(nowMs - sinceMs);
      };
      this.#awaited = { sinceMs, resolve: resolveInTime };
    });
  }

  #connect(at) {
    if (this.#stopped) return;
    const socket = connect({ host: '127.0.0.1', port: this.#ports[at % this.#ports.length] });
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    const sentAtMs = [];
    let rest = '';
    const refill = () => {
      let text = '';
      while (sentAtMs.length < this.#window) {
        text += this.#command();
        sentAtMs.push(performance.now());
      }
      if (text !== '') socket.write(text);
    };
    socket.on('connect', refill);
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop();
      for (const line of lines) this.#take(line, sentAtMs.shift());
      if (!this.#stopped) setImmediate(refill);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      setTimeout(() => this.#connect(at + 1), RECONNECT_MS);
    });
  }

  #command() {
    this.#serial += 1;
    const key = `k${this.#serial % 100_000}`;
    const value = `${this.#serial}`.padEnd(64, '.');
    return `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`;
  }

  #take(line, sentMs) {
    if (line !== '+OK') return;
    this.acknowledged += 1;
    if (this.#awaited === null || sentMs < this.#awaited.sinceMs) return;
    this.#awaited.resolve(performance.now());
    this.#awaited = null;
  }
}

/** Tries until a write through any of the ports is acknowledged. @returns when that was. */
export async function firstWrite(ports, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  for (let at = 0; performance.now() < deadline; at += 1) {
    if (await isAcknowledged(ports[at % ports.length])) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`No write was acknowledged within ${timeoutMs} ms`);
}

function isAcknowledged(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (chunk) => end(chunk.toString('latin1') === '+OK\r\n'));
    socket.write('SET first write\r\n');
  });
}
