import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ReplicaLinks } from './replica-links.ts';

/** Our ends of all connections. */
const dialled: Socket[] = [];
vi.mock(import('./dial.ts'), async (load) => {
  const real = await load();
  return {
    ...real,
    dial: (...where) => {
      const found = real.dial(...where);
      dialled.push(found.socket);
      return found;
    },
  };
});

const closers: (() => void)[] = [];
const BATCH_BYTES = 32 * 1024;
const WAIT_MS = 20_000;

afterEach(() => {
  for (const close of closers.splice(0)) close();
  dialled.length = 0;
});

/** Reads what comes, unless it stands still. */
class Replica {
  readonly #server: Server;
  readonly sockets: Socket[] = [];
  /** What each connection began with, and how much it was sent. */
  readonly firsts: (number | undefined)[] = [];
  readonly sizes: number[] = [];
  closed = 0;
  standsStill: boolean;

  constructor(standsStill: boolean) {
    this.standsStill = standsStill;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      const at = this.sockets.push(socket) - 1;
      this.sizes[at] = 0;
      socket.on('error', () => {});
      socket.on('close', () => {
        this.closed += 1;
      });
      socket.on('data', (bytes) => {
        this.firsts[at] ??= bytes[0];
        this.sizes[at] = (this.sizes[at] as number) + bytes.length;
      });
      if (this.standsStill) socket.pause();
      else socket.resume();
    });
    closers.push(() => {
      this.#server.close();
      for (const socket of this.sockets) socket.destroy();
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  goOn(): void {
    this.standsStill = false;
    for (const socket of this.sockets) socket.resume();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const unsent = (): number => dialled.reduce((sum, one) => sum + one.writableLength, 0);

describe('ReplicaLinks', () => {
  test('holds no more than a bound for one that does not read, and goes on with it', async () => {
    const [reader, stuck] = [new Replica(false), new Replica(true)];
    const addresses = [await reader.open(), await stuck.open()];
    const links = new ReplicaLinks({ addresses, connectMs: WAIT_MS, onBytes: () => {} });
    closers.push(() => links.close());
    expect(await links.open()).toEqual([null, null]);
    // The first byte of a batch tells it from what lies in the middle of one.
    const batch = Buffer.alloc(BATCH_BYTES);
    batch[0] = 1;
    let [said, unsentMax] = [0, 0];
    const sayUntil = async (isDone: () => boolean): Promise<void> => {
      const until = performance.now() + WAIT_MS;
      while (!isDone() && performance.now() < until) {
        links.write(batch);
        said += batch.length;
        unsentMax = Math.max(unsentMax, unsent());
        while (reader.sizes[0] !== said) await turn();
      }
      expect(isDone()).toBe(true);
    };
    await sayUntil(() => stuck.sockets.length === 4);
    expect(reader.sockets.length).toBe(1);
    expect(unsentMax).toBeGreaterThan(256 * 1024);
    expect(unsentMax).toBeLessThanOrEqual(256 * 1024 + 2 * BATCH_BYTES);
    stuck.goOn();
    const began = said;
    await sayUntil(() => (stuck.sizes.at(-1) as number) > 64 * BATCH_BYTES);
    await sayUntil(() => said > began + 16 * BATCH_BYTES && links.isOpen(1));
    expect(reader.sockets.length).toBe(1);
    await vi.waitFor(() => expect(stuck.closed).toBeGreaterThanOrEqual(3), WAIT_MS);
    // Of what the system had taken for those that were left, it holds nothing back.
    const [, left] = dialled;
    expect(stuck.sizes[0]).toBeLessThan((left?.bytesWritten ?? 0) / 2);
    expect(stuck.firsts.filter((first) => first !== undefined && first !== 1)).toEqual([]);
  });

  test('lets one that is slow have as much as it was said may wait', async () => {
    const [reader, slow] = [new Replica(false), new Replica(true)];
    const addresses = [await reader.open(), await slow.open()];
    const unsentBytesMax = 32 * 1024 * 1024;
    const init = { addresses, connectMs: WAIT_MS, unsentBytesMax, onBytes: () => {} };
    const links = new ReplicaLinks(init);
    closers.push(() => links.close());
    await links.open();
    for (let i = 0; i < 16; i += 1) links.write(Buffer.alloc(1024 * 1024));
    slow.goOn();
    await vi.waitFor(() => expect(slow.sizes).toEqual([16 * 1024 * 1024]), WAIT_MS);
  });
});
