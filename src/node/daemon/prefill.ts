/**
 * Raft-demo's kvstore may begin with keys in it: `0`, `1`, ... each with the same value. They come
 * through the log like everything else, in a few commands; the founder proposes them. A file in its
 * directory says which are missing still, so that a restart in the middle goes on.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../std/log.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OP } from '../../wire/apps/kvstore.ts';
import type { Outcome, ReplicaFrontDoor } from '../replica/contract.ts';
import { demoValues } from '../server/demo-values.ts';

const FILE_NAME = 'prefill.json';
/** Of one command: applied within a turn. */
const KEYS_MAX = 5000;
const RETRY_MS = 200;

/** What a key holds that the original begins with. */
const ORIGINAL_VALUE = '!'.repeat(1024);

export interface Prefill {
  readonly keys: number;
  /** As clients' values are. */
  readonly compress: boolean;
}

/** Remembers, in a directory that was just made, what is to be filled in. */
export function planPrefill(directory: string, { keys, compress }: Prefill): void {
  const value = demoValues(compress).stored(ORIGINAL_VALUE);
  const text = JSON.stringify({ keys, value, from: 0 });
  writeFileSync(join(directory, FILE_NAME), text, { mode: 0o600 });
}

/** Fills in what is missing, if anything is. @returns what ends it. */
export function beginPrefill(directory: string, replica: ReplicaFrontDoor, log: Log): () => void {
  const path = join(directory, FILE_NAME);
  const plan = readPlan(path);
  if (plan === null) return () => {};
  const filling = new Filling(plan, { path, replica, log });
  filling.next();
  return () => filling.stop();
}

interface Plan {
  readonly keys: number;
  readonly value: string;
  /** The first that is missing. */
  from: number;
}

interface FillingParts {
  readonly path: string;
  readonly replica: ReplicaFrontDoor;
  readonly log: Log;
}

class Filling {
  readonly #plan: Plan;
  readonly #parts: FillingParts;
  readonly #encoder = new KvEncoder();
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(plan: Plan, parts: FillingParts) {
    this.#plan = plan;
    this.#parts = parts;
  }

  next(): void {
    const { keys, value, from } = this.#plan;
    const { path, replica, log } = this.#parts;
    if (this.#stopped) return;
    if (from >= keys) {
      rmSync(path, { force: true });
      log.info({ keys }, 'the keys it begins with are there');
      return;
    }
    const encoder = this.#encoder;
    encoder.begin(KV_OP.fill);
    encoder.number(from);
    encoder.number(Math.min(KEYS_MAX, keys - from));
    encoder.restText(value);
    replica.propose(encoder.view(), { settle: (outcome) => this.#settled(outcome) });
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** A command that was lost or may be is proposed again: it only fills what is absent. */
  #settled(outcome: Outcome): void {
    if (this.#stopped) return;
    if (outcome === 'ok') {
      this.#plan.from += KEYS_MAX;
      writeFileSync(this.#parts.path, JSON.stringify(this.#plan), { mode: 0o600 });
    }
    this.#timer = setTimeout(() => this.next(), outcome === 'ok' ? 0 : RETRY_MS);
  }
}

function readPlan(path: string): Plan | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Plan;
  } catch {
    return null;
  }
}
