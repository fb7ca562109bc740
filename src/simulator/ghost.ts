/** The state after any entry, by applying the committed commands once more, from the first on. */
import { createApp } from '../node/apps/apps.ts';
import type { LogIndex } from '../node/model/ids.ts';
import type { ApplyContext, StateMachine } from '../node/ports/state-machine.ts';
import { bytesFrom } from '../std/bytes.ts';
import type { SessionLimits } from '../wire/apps/session.ts';

export class Ghost {
  /** By index; undefined: an entry without a command. */
  readonly #commands: readonly (string | undefined)[];
  readonly #contexts: readonly ApplyContext[];
  readonly #digests = new Map<LogIndex, string>();
  readonly #limits: SessionLimits;
  #machine: StateMachine;
  #applied: LogIndex = 0;

  constructor(
    commands: readonly (string | undefined)[],
    contexts: readonly ApplyContext[],
    limits: SessionLimits,
  ) {
    this.#limits = limits;
    this.#machine = createApp('kvstore', limits);
    this.#commands = commands;
    this.#contexts = contexts;
  }

  digestAt(index: LogIndex): string {
    const known = this.#digests.get(index);
    if (known !== undefined) return known;
    if (index < this.#applied) {
      this.#machine = createApp('kvstore', this.#limits);
      this.#applied = 0;
    }
    for (let next = this.#applied + 1; next <= index; next += 1) {
      const command = this.#commands[next];
      if (command === undefined) continue;
      const bytes = bytesFrom(command, 'latin1');
      this.#machine.apply(bytes, 0, bytes.length, this.#contexts[next] as ApplyContext);
    }
    this.#applied = index;
    const digest = this.#machine.digest();
    this.#digests.set(index, digest);
    return digest;
  }
}
