/**
 * Makes the bytes of requests: chooses operation and key, copies the operation's template into one
 * buffer that is taken once, and puts the key's digits in. A batch leaves in one write.
 */
import { Prng } from '../std/prng.ts';
import { type Driver, putRequest, type RequestShape, type Template } from './drivers/driver.ts';
import { type KeySource, keySourceOf } from './keys.ts';
import type { Lane } from './lane.ts';
import { type Operation, READ, WRITE } from './tally.ts';
import type { Workload } from './workload.ts';

const OUT_BYTES = 64 * 1024;
/** Letters and digits: whatever the protocol, they mean themselves. */
const VALUE_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export interface RequestWriterInit {
  readonly workload: Workload;
  readonly driver: Driver;
  readonly host: string;
  readonly worker: number;
}

export class RequestWriter {
  readonly #templates: readonly [Template, Template];
  readonly #keys: KeySource;
  readonly #prng: Prng;
  readonly #writeShare: number;
  readonly #requestBytesMax: number;
  #out: Buffer;
  #used = 0;

  constructor({ workload, driver, host, worker }: RequestWriterInit) {
    // Each worker draws from a sequence of its own, all of them from the one seed.
    const seeds = new Prng(workload.seed);
    let prng = seeds.fork();
    for (let i = 0; i < worker; i += 1) prng = seeds.fork();
    const shape: RequestShape = {
      host,
      keyPrefix: workload.keyPrefix,
      value: fillerOf(workload.dataBytes, prng),
    };
    this.#templates = [driver.write(shape), driver.read(shape)];
    this.#keys = keySourceOf({
      pattern: workload.keyPattern,
      maximum: workload.keyMaximum,
      exponent: workload.zipfExponent,
      prng: prng.fork(),
      worker,
      workers: workload.workers,
    });
    this.#prng = prng;
    this.#writeShare = workload.writeParts / (workload.writeParts + workload.readParts);
    const [write, read] = this.#templates;
    this.#requestBytesMax = Math.max(write.bytes.length, read.bytes.length);
    this.#out = Buffer.allocUnsafeSlow(Math.max(OUT_BYTES, this.#requestBytesMax));
  }

  /** Whether one more request fits into the batch. */
  get hasRoom(): boolean {
    return this.#used + this.#requestBytesMax <= this.#out.length;
  }

  choose(): Operation {
    if (this.#writeShare === 1) return WRITE;
    return this.#prng.unit() < this.#writeShare ? WRITE : READ;
  }

  /** Adds a request to the batch. Requires: `hasRoom`. */
  put(operation: Operation): void {
    const template = this.#templates[operation];
    this.#used = putRequest(this.#out, this.#used, template, this.#keys.next());
  }

  /** Sends the batch. */
  flush(lane: Lane, requests: number, nowNs: number): void {
    const isFree = lane.write(this.#out.subarray(0, this.#used), requests, nowNs);
    // What the system has not taken yet is still read from this memory.
    if (!isFree) this.#out = Buffer.allocUnsafeSlow(this.#out.length);
    this.#used = 0;
  }
}

function fillerOf(size: number, prng: Prng): string {
  let value = '';
  // A kilobyte of chance is enough: nobody looks for repeats.
  const piece = Array.from({ length: Math.min(size, 1024) }, () =>
    VALUE_LETTERS.charAt(prng.between(0, VALUE_LETTERS.length - 1)),
  ).join('');
  value = piece.repeat(Math.ceil(size / piece.length));
  return value.slice(0, size);
}
