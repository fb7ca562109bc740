/**
 * What clients may rely on while nothing fails: `SET k v; GET k` in one pipeline gives v, on the
 * leader and on a follower, while others write to the same and to other keys; and what one node has
 * acknowledged, every other node reads.
 *
 * On a key of its own, a connection must read exactly what it wrote. On a key that several write
 * to, others may come in between: then it reads its own value or one of theirs, of each of them
 * never an older one than it has seen before, and never a value of its own that it has overwritten.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { type Answer, KvConnection } from '../doubles/kv-connection.ts';
import { scaled } from '../doubles/program.ts';

const PAIRS = scaled(10_000, 100_000);
const CONNECTIONS = 8;
const DEPTH = 8;
const TIMEOUT_MS = scaled(60_000, 300_000);
/** One iteration of so many writes to the key that everybody writes to. */
const SHARED_EVERY = 4;
/** One iteration of so many is `SET k 1; GET k; SET k 2; GET k`. */
const DOUBLE_EVERY = 3;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14030 });
});

afterAll(() => rig?.dispose());

test.for([['leader'], ['follower'], ['leader and the followers', 'all']] as const)(
  'a pipeline on the %s reads its own writes',
  { timeout: TIMEOUT_MS },
  async ([name, all]) => {
    const leader = await rig.leader();
    const follower = await rig.follower();
    const targets = all === 'all' ? rig.ids() : [name === 'leader' ? leader : follower];
    const noise = await startNoise(rig.ids());
    const faults: string[] = [];
    const pairs = all === 'all' ? PAIRS / 2 : PAIRS;
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, i) => {
        const address = rig.clientAddress(targets[i % targets.length] ?? '');
        const client = new Client(await KvConnection.open(address), `${name}:${i}`);
        faults.push(...(await client.check(pairs / CONNECTIONS)));
      }),
    );
    const disturbances = await noise.stop();
    expect(faults.slice(0, 10), `${faults.length} faults`).toEqual([]);
    expect(disturbances, 'writes of the others').toBeGreaterThan(pairs / 20);
  },
);

test('what is acknowledged on one node is read on every other at once', async () => {
  const noise = await startNoise(rig.ids());
  let acknowledged = 0;
  let isOver = false;
  const faults: string[] = [];
  const readers = rig.ids().map(async (id) => {
    const connection = await KvConnection.open(rig.clientAddress(id));
    while (!isOver) {
      const atLeast = acknowledged;
      const got = Number(await connection.send('GET', 'clock'));
      if (got < atLeast) faults.push(`${id} read ${got} after ${atLeast} was acknowledged`);
    }
    connection.close();
  });
  const writers = await Promise.all(
    rig.ids().map((id) => KvConnection.open(rig.clientAddress(id))),
  );
  for (let turn = 1; turn <= scaled(1000, 10_000); turn += 1) {
    const answer = await writers[turn % writers.length]?.send('INCR', 'clock');
    if (answer !== turn) faults.push(`INCR answered ${show(answer)}, not ${turn}`);
    acknowledged = turn;
  }
  isOver = true;
  await Promise.all(readers);
  await noise.stop();
  for (const writer of writers) writer.close();
  expect(faults.slice(0, 10), `${faults.length} faults`).toEqual([]);
});

/** Writes like the clients under test, in order, on keys of its own and on the shared one. */
class Client {
  #connection: KvConnection;
  #name: string;
  #serial = 0;
  #faults: string[] = [];
  /** By writer: the newest number of its values seen on the shared key. */
  #seen = new Map<string, number>();

  constructor(connection: KvConnection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  async check(pairs: number): Promise<string[]> {
    let left = pairs;
    const lane = async (): Promise<void> => {
      while (left > 0 && this.#faults.length < 10) {
        left -= 1;
        await this.#one(left);
      }
    };
    await Promise.all(Array.from({ length: DEPTH }, lane));
    this.#connection.close();
    return this.#faults;
  }

  async #one(turn: number): Promise<void> {
    const isShared = turn % SHARED_EVERY === 0;
    const key = isShared ? 'shared' : `${this.#name}:${turn % 5}`;
    const count = turn % DOUBLE_EVERY === 0 ? 2 : 1;
    const values = Array.from({ length: count }, () => {
      this.#serial += 1;
      return `${this.#name}#${this.#serial}`;
    });
    const commands = values.flatMap((value) => [
      ['SET', key, value],
      ['GET', key],
    ]);
    const answers = await Promise.all(this.#connection.pipeline(commands));
    values.forEach((value, i) => {
      const [set, get] = answers.slice(2 * i);
      if (set !== 'OK') this.#faults.push(`SET ${key} ${value}: ${show(set)}`);
      const isRight = isShared ? this.#fits(value, get) : get === value;
      if (!isRight) this.#faults.push(`GET ${key} after ${value}: ${show(get)}`);
    });
  }

  #fits(own: string, got: Answer | undefined): boolean {
    if (typeof got !== 'string') return false;
    const cut = got.lastIndexOf('#');
    const writer = got.slice(0, cut);
    const number = Number(got.slice(cut + 1));
    const newest = this.#seen.get(writer) ?? 0;
    this.#seen.set(writer, Math.max(newest, number));
    return writer === this.#name ? got === own : number >= newest;
  }
}

interface Noise {
  stop(): Promise<number>;
}

/** A writer on each node: on the shared key, and on keys that nobody looks at. */
async function startNoise(ids: readonly string[]): Promise<Noise> {
  let isOver = false;
  let writes = 0;
  const running = ids.map(async (id) => {
    const connection = await KvConnection.open(rig.clientAddress(id));
    for (let serial = 1; !isOver; serial += 1) {
      const answers = connection.pipeline([
        ['SET', 'shared', `noise ${id}#${serial}`],
        ['SET', `noise:${id}:${serial % 100}`, 'x'.repeat(serial % 300)],
        ['INCR', 'noise:count'],
      ]);
      await Promise.all(answers);
      writes += answers.length;
    }
    connection.close();
  });
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(running);
      return writes;
    },
  };
}

function show(answer: Answer | undefined): string {
  return typeof answer === 'object' && answer !== null ? JSON.stringify(answer) : String(answer);
}
