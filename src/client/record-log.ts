/** The port that hands out an application log (node/daemon/state-transfer.ts), from outside. */
import { allocBytes, type Bytes, concatBytes, latin1Slice } from '../std/bytes.ts';
import { RaftctlError } from '../std/errors.ts';
import { dial } from './dial.ts';

const SILENCE_MS_MAX = 30_000;
const BLOCK_BYTES = 64 * 1024 * 1024;
/** A read gets room for so much at least. */
const READ_BYTES_MIN = 64 * 1024;
/** Behind an interval. */
const END = '\nEOL\n';

const WHAT_PORT =
  'Is it the port of a logger, or one named with -hrecov? With TLS it takes --tls-ca and --tls-cert';

/** What comes is read to where it stays: there may be gigabytes of it. */
class Blocks {
  readonly full: Bytes[] = [];
  #block = allocBytes(BLOCK_BYTES);
  #used = 0;

  room(): Bytes {
    if (this.#block.length - this.#used < READ_BYTES_MIN) {
      this.full.push(this.#block.subarray(0, this.#used));
      this.#block = allocBytes(BLOCK_BYTES);
      this.#used = 0;
    }
    return this.#block.subarray(this.#used);
  }

  took(bytes: number): void {
    this.#used += bytes;
  }

  end(): readonly Bytes[] {
    return [...this.full, this.#block.subarray(0, this.#used)];
  }
}

/**
 * Asks the port where a logger, or a replica, hands out its application log: `0` for all of it,
 * `<first>-<last>`, `truncate-<t>`, `lacks`.
 *
 * @param as who asks; by default its address.
 * @throws {RaftctlError} UNREACHABLE
 */
export function askRecordLog(
  address: string,
  question: string,
  as: string | null = null,
): Promise<readonly Bytes[]> {
  const blocks = new Blocks();
  return new Promise((resolve, reject) => {
    const onread = {
      buffer: () => blocks.room(),
      callback: (bytes: number): boolean => {
        blocks.took(bytes);
        return true;
      },
    };
    const { socket, ready } = dial(address, { timeout: SILENCE_MS_MAX, onread });
    const fail = (why: string): void => {
      socket.destroy();
      const message = `Cannot fetch the log of ${address}: ${why}`;
      reject(new RaftctlError('UNREACHABLE', { message, hint: WHAT_PORT }));
    };
    socket.on(ready, () => {
      socket.write(`${as ?? `${socket.localAddress}:${socket.localPort}`}-${question}\n`);
    });
    socket.on('timeout', () => fail('it is silent'));
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => resolve(blocks.end()));
    // Without it the end is not looked at.
    socket.resume();
  });
}

export interface RecordInterval {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly records: Bytes;
}

/** Takes an interval out of the three lines before it and the one behind. */
export function intervalOf(blocks: readonly Bytes[]): RecordInterval {
  const bytes = concatBytes(blocks);
  let at = 0;
  const numbers: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const end = bytes.indexOf(10, at);
    numbers.push(Number(latin1Slice(bytes, at, end)));
    at = end + 1;
  }
  const [first = 0, last = 0, count = 0] = numbers;
  const records = bytes.subarray(at, Math.max(at, bytes.length - END.length));
  if (at > 0 && latin1Slice(bytes, at + records.length, bytes.length) === END) {
    return { first, last, count, records };
  }
  throw new RaftctlError('UNREACHABLE', {
    message: 'The log that was sent is not whole: the connection ended before it',
    ...(bytes.length === 0 ? { hint: WHAT_PORT } : {}),
  });
}

/** Entries, both ends among them. */
export interface EntryInterval {
  readonly first: number;
  readonly last: number;
}

/** The answer to `lacks`: a line each. */
export function lackedOf(blocks: readonly Bytes[]): EntryInterval[] {
  return linesOf(blocks).map(([first = 0, last = 0]) => ({ first, last }));
}

export interface Agreement {
  /** Of this replica: what it does not need goes up to there. */
  readonly through: number;
  /** How many replicas have asked, and how many must. */
  readonly asked: number;
  readonly needed: number;
}

/** The answer to `truncate-<t>`. @throws {RaftctlError} UNREACHABLE */
export function agreementOf(blocks: readonly Bytes[], address: string): Agreement {
  const [line = []] = linesOf(blocks);
  const [through, asked, needed] = line;
  if (through !== undefined && asked !== undefined && needed !== undefined) {
    return { through, asked, needed };
  }
  throw new RaftctlError('UNREACHABLE', {
    message: `${address} hands out no log`,
    hint: WHAT_PORT,
  });
}

function linesOf(blocks: readonly Bytes[]): number[][] {
  const bytes = concatBytes(blocks);
  const lines = latin1Slice(bytes, 0, bytes.length).split('\n').slice(0, -1);
  return lines.map((line) => line.split(' ').map(Number));
}
