/**
 * Waits for pods: lists them, and then watches what changes where the service account may watch.
 * Where it may get and list alone, which is all it needs, the list is asked for every second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import type { Pod } from './pod.ts';
import { isExpired, type PodApi } from './pod-api.ts';

const POLL_MS = 1000;
const WATCH_SECONDS_MAX = 30;

/** What is looked for; a text says what is missing. */
export type Choice<T> = (pods: readonly Pod[]) => T | string;

/**
 * @param choose Must find nothing that is of another group: whom it finds is talked to.
 * @throws {RaftctlError} UNREACHABLE when it was not there in time; REQUEST_REFUSED.
 */
export async function findPods<T extends object>(
  api: PodApi,
  choose: Choice<T>,
  waitMs: number,
): Promise<T> {
  const search = new Search(api, choose);
  const deadline = performance.now() + waitMs;
  const left = (): number => deadline - performance.now();
  for (;;) {
    const found = await search.round(left());
    if (found !== null) return found;
    if (left() <= 0) {
      throw new RaftctlError('UNREACHABLE', {
        message: `Cannot find the pods of this cluster: ${search.missing}, after ${waitMs / 1000} s`,
        hint: 'See what runs: kubectl get pods -o wide',
      });
    }
    await sleep(Math.min(POLL_MS, Math.max(left(), 0)));
  }
}

class Search<T extends object> {
  /** In words, as of now. */
  missing = 'the API has not answered';
  readonly #api: PodApi;
  readonly #choose: Choice<T>;
  readonly #known = new Map<string, Pod>();
  #mayWatch = true;

  constructor(api: PodApi, choose: Choice<T>) {
    this.#api = api;
    this.#choose = choose;
  }

  /** One list, and what a watch tells after it. @throws {RaftctlError} REQUEST_REFUSED */
  async round(leftMs: number): Promise<T | null> {
    try {
      const { pods, version } = await this.#api.list();
      this.#known.clear();
      for (const pod of pods) this.#known.set(pod.name, pod);
      const found = this.#look();
      if (found !== null || !this.#mayWatch || leftMs < POLL_MS) return found;
      return await this.#watch(version, leftMs);
    } catch (error) {
      if (!(error instanceof RaftctlError) || error.code !== 'UNREACHABLE') throw error;
      if (!isExpired(error)) this.missing = error.message;
      return null;
    }
  }

  async #watch(version: string, leftMs: number): Promise<T | null> {
    let found: T | null = null;
    const seconds = Math.min(WATCH_SECONDS_MAX, Math.ceil(leftMs / 1000));
    const watching = this.#api.watch(version, seconds, (event) => {
      if (event.type === 'error') return true;
      if (event.type === 'bookmark') return false;
      if (event.type === 'gone') this.#known.delete(event.pod.name);
      else this.#known.set(event.pod.name, event.pod);
      found = this.#look();
      return found !== null;
    });
    await watching.catch((error: unknown) => {
      // It may list, so what it may not is watch.
      if (!(error instanceof RaftctlError) || error.code !== 'REQUEST_REFUSED') throw error;
      this.#mayWatch = false;
    });
    return found;
  }

  #look(): T | null {
    const found = this.#choose([...this.#known.values()]);
    if (typeof found !== 'string') return found;
    this.missing = found;
    return null;
  }
}
