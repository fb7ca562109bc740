/**
 * Clients that write so many times a second, whatever is answered, to all nodes in turn: one write
 * at a time on a connection, a new connection when none is free. A write that is not answered in
 * time is given up with its connection, as a client would. The same for every protocol, so that two
 * servers are seen through the same eyes.
 */
import { connect } from 'node:net';

const TICK_MS = 2;
const ANSWER_MS_MAX = 1000;
const KEYS = 10_000;
const VALUE = 'x'.repeat(64);

/** `request(key)`; `isDone(text)`: null: not yet, true: acknowledged, false: refused. */
export const PROTOCOLS = {
  resp: {
    request: (key) =>
      `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${VALUE.length}\r\n${VALUE}\r\n`,
    isDone: (text) => (text.endsWith('\r\n') ? text === '+OK\r\n' : null),
  },
  etcd: {
    request: (key) => {
      const base64 = (plain) => Buffer.from(plain).toString('base64');
      const body = JSON.stringify({ key: base64(key), value: base64(VALUE) });
      const head = 'POST /v3/kv/put HTTP/1.1\r\nHost: etcd\r\nContent-Type: application/json';
      return `${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    },
    isDone: (text) => {
      const size = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
      const bodyAt = text.indexOf('\r\n\r\n') + 4;
      if (size === undefined || bodyAt < 4 || text.length < bodyAt + Number(size)) return null;
      return text.startsWith('HTTP/1.1 200 ');
    },
  },
};

export class OpenWrites {
  sent = 0;
  /** When writes were acknowledged: `performance.now()`, in order. */
  acknowledgedAt = [];
  #protocol;
  #rate;
  #nodes;
  #timer = null;
  #sockets = new Set();
  /** Waits for a write that is sent from `sinceMs` on. */
  #awaited = null;

  constructor(ports, { protocol, rate }) {
    this.#protocol = PROTOCOLS[protocol];
    this.#rate = rate;
    this.#nodes = ports.map((port) => ({ port, free: [] }));
  }

  start() {
    const begun = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begun) / 1000) * this.#rate);
      while (this.sent < due) this.#write();
    }, TICK_MS);
    return this;
  }

  stop() {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Waits for the acknowledgement of a write that is sent from now on. */
  next(timeoutMs) {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`No write was acknowledged within ${timeoutMs} ms`));
      const timer = setTimeout(late, timeoutMs);
      const resolveInTime = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#awaited = { sinceMs: performance.now(), resolve: resolveInTime };
    });
  }

  #write() {
    const node = this.#nodes[this.sent % this.#nodes.length];
    this.sent += 1;
    const request = this.#protocol.request(`k${this.sent % KEYS}`);
    const connection = node.free.pop() ?? this.#open(node);
    connection.begin(request);
  }

  #open(node) {
    const socket = connect({ host: '127.0.0.1', port: node.port, noDelay: true });
    this.#sockets.add(socket);
    let answer = '';
    let sentMs = 0;
    let timer = null;
    const connection = {
      begin: (request) => {
        answer = '';
        sentMs = performance.now();
        timer = setTimeout(() => socket.destroy(), ANSWER_MS_MAX);
        socket.write(request);
      },
    };
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const isDone = this.#protocol.isDone(answer);
      if (isDone === null) return;
      clearTimeout(timer);
      if (isDone) this.#acknowledge(sentMs);
      node.free.push(connection);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      node.free = node.free.filter((one) => one !== connection);
    });
    return connection;
  }

  #acknowledge(sentMs) {
    this.acknowledgedAt.push(performance.now());
    if (this.#awaited === null || sentMs < this.#awaited.sinceMs) return;
    this.#awaited.resolve();
    this.#awaited = null;
  }
}

/** The longest time without an acknowledgement, from the last one before `sinceMs` on. */
export function longestGapMs(acknowledgedAt, sinceMs) {
  let last = null;
  let longest = 0;
  for (const atMs of acknowledgedAt) {
    if (atMs >= sinceMs && last !== null) longest = Math.max(longest, atMs - last);
    last = atMs;
  }
  return longest;
}
