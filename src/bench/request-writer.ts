/**
 * Makes the bytes of requests: chooses operation and key, copies the operation's template into one
 * buffer that is taken once, and puts the key's digits in. A batch leaves in one write.
 */
import { credentialsOf } from '../client/credentials.ts';
import type { Prng } from '../std/prng.ts';
import {
  type Driver,
  putPort,
  putRequest,
  putStamp,
  type RequestShape,
  type StampPlace,
  stampPlaceOf,
  type Template,
} from './drivers/driver.ts';
import { type KeySource, keySourceOf } from './keys.ts';
import type { Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import { type Operation, READ, WRITE } from './tally.ts';
import { prngOf, sizesOf, valuesOf } from './values.ts';
import type { Workload } from './workload.ts';

const OUT_BYTES = 64 * 1024;

export interface RequestWriterInit {
  readonly workload: Workload;
  readonly driver: Driver;
  readonly host: string;
  readonly worker: number;
  readonly ledger: Ledger | null;
}

export class RequestWriter {
  /** The longest request. */
  readonly requestBytesMax: number;
  readonly #ledger: Ledger | null;
  readonly #read: Template;
  /** One a size of values, each up to its part of all. */
  readonly #writes: readonly Template[];
  /** Of each, where the value's own number lies. */
  readonly #stamps: readonly StampPlace[];
  readonly #upTo: readonly number[];
  readonly #keys: KeySource;
  readonly #prng: Prng;
  readonly #writeShare: number;
  #out: Buffer;
  #used = 0;

  constructor({ workload, driver, host, worker, ledger }: RequestWriterInit) {
    const prng = prngOf(workload, worker);
    const { keyPrefix, scanLength, modify } = workload;
    const stale = workload.reads === 'stale';
    const sizes = sizesOf(workload);
    const token = credentialsOf(host)?.clientToken ?? null;
    const bearer = token === null ? {} : { bearer: token };
    const shapes = valuesOf(workload, prng, ledger?.mark ?? null).map((value): RequestShape => {
      return { host, keyPrefix, value, scanLength, modify, stale, ...bearer };
    });
    this.#writes = shapes.map((one) => driver.write(one));
    this.#read = driver.read(shapes[0] as RequestShape);
    this.#ledger = ledger;
    this.#stamps = ledger === null ? [] : this.#writes.map((one) => stampPlaceOf(one, ledger.mark));
    const whole = sizes.reduce((sum, { weight }) => sum + weight, 0);
    let upTo = 0;
    this.#upTo = sizes.map(({ weight }) => {
      upTo += weight / whole;
      return upTo;
    });
    this.#keys = keySourceOf({
      pattern: workload.keyPattern,
      maximum: workload.keyMaximum,
      exponent: workload.zipfExponent,
      hot: workload.hot,
      prng: prng.fork(),
      worker,
      workers: workload.workers,
    });
    this.#prng = prng;
    this.#writeShare = workload.writeParts / (workload.writeParts + workload.readParts);
    const templates = [this.#read, ...this.#writes];
    this.requestBytesMax = Math.max(...templates.map(({ bytes }) => bytes.length));
    this.#out = Buffer.allocUnsafeSlow(Math.max(OUT_BYTES, this.requestBytesMax));
  }

  /** Whether one more request fits into the batch. */
  get hasRoom(): boolean {
    return this.#used + this.requestBytesMax <= this.#out.length;
  }

  choose(): Operation {
    if (this.#writeShare === 1) return WRITE;
    return this.#prng.unit() < this.#writeShare ? WRITE : READ;
  }

  /**
   * Adds a request to the batch. Requires: `hasRoom`.
   *
   * @param replyPort the UDP port that it names, in protocols where it does.
   */
  put(operation: Operation, replyPort: number): void {
    const isWrite = operation === WRITE;
    const size = isWrite ? this.#chooseSize() : 0;
    const template = isWrite ? (this.#writes[size] as Template) : this.#read;
    const key = this.#keys.next(isWrite);
    const first = this.#used;
    this.#used = putRequest(this.#out, first, template, key);
    if (template.portAt !== undefined) putPort(this.#out, first + template.portAt, replyPort);
    if (this.#ledger === null) return;
    const stamp = this.#ledger.issue(operation, key);
    if (isWrite) putStamp(this.#out, first, this.#stamps[size] as StampPlace, stamp);
  }

  #chooseSize(): number {
    if (this.#writes.length === 1) return 0;
    const at = this.#prng.unit();
    const chosen = this.#upTo.findIndex((upTo) => at < upTo);
    return chosen === -1 ? this.#writes.length - 1 : chosen;
  }

  /** Sends the batch. */
  flush(lane: Lane, requests: number, nowNs: number): void {
    const isFree = lane.write(this.#out.subarray(0, this.#used), requests, nowNs);
    // What the system has not taken yet is still read from this memory.
    if (!isFree) this.#out = Buffer.allocUnsafeSlow(this.#out.length);
    this.#used = 0;
  }
}
