/** Looks at the servers' phases when the measurement begins, and when it ends. */
import { NodeWatcher } from '../client/node-watcher.ts';
import {
  type PhaseHistograms,
  type PhaseLook,
  phaseHistograms,
  type ServerPhases,
  serverPhases,
} from './server-phases.ts';

/** A node that measures phases. */
export interface WatchedNode {
  readonly id: string;
  readonly adminAddress: string;
}

export interface MeteredPhases {
  readonly phases: ServerPhases;
  readonly histograms: PhaseHistograms;
}

const ANSWER_MS_MAX = 2000;

export class PhaseMeter {
  readonly #watchers: readonly (readonly [string, NodeWatcher])[];
  #before: Promise<PhaseLook[]>;
  #after: Promise<PhaseLook[]> | null = null;
  readonly #timers: NodeJS.Timeout[] = [];

  /** @param lengthMs of the measurement; null: until `finish`. */
  constructor(nodes: readonly WatchedNode[], fromMs: number, lengthMs: number | null) {
    this.#watchers = nodes.map(({ id, adminAddress }) => {
      return [id, new NodeWatcher(adminAddress, () => {})] as const;
    });
    this.#before = this.#look();
    const later = (ms: number, look: () => void): void => {
      this.#timers.push(setTimeout(look, ms));
    };
    // The warm-up does not count, nor does the cool-down.
    later(fromMs, () => {
      this.#before = this.#look();
    });
    if (lengthMs === null) return;
    later(fromMs + lengthMs, () => {
      this.#after = this.#look();
    });
  }

  async finish(): Promise<MeteredPhases> {
    this.#after ??= this.#look();
    const [before, after] = await Promise.all([this.#before, this.#after]);
    return { phases: serverPhases(before, after), histograms: phaseHistograms(before, after) };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const [, watcher] of this.#watchers) watcher.close();
  }

  /** Nodes that do not answer are left out. */
  async #look(): Promise<PhaseLook[]> {
    const looks = this.#watchers.map(async ([id, watcher]) => {
      const vitals = await watcher.vitals(ANSWER_MS_MAX).catch(() => null);
      if (vitals === null) return [];
      return [{ id, incarnation: vitals.status.incarnation, phases: vitals.phases }];
    });
    return (await Promise.all(looks)).flat();
  }
}
