/**
 * The last things that happened in a simulated world, for the person who looks at a violation: a
 * ring of what the program's own events and the simulator said, put into words only when asked.
 */
import type { PeerMessage } from '../node/model/message.ts';

const KEPT = 256;

/** Something other than a message. */
export interface Happening {
  readonly what: string;
  /** 0: nobody in particular. */
  readonly member: number;
  readonly data: unknown;
}

export class EventLog {
  readonly #times: number[] = new Array<number>(KEPT).fill(0);
  readonly #things: (PeerMessage | Happening | null)[] = new Array<null>(KEPT).fill(null);
  #count = 0;

  /** A message arrives, or something else happens. Kept by reference: nothing is copied. */
  note(atMs: number, thing: PeerMessage | Happening): void {
    const at = this.#count % KEPT;
    this.#times[at] = atMs;
    this.#things[at] = thing;
    this.#count += 1;
  }

  /** Oldest first. */
  lines(): readonly string[] {
    const lines: string[] = [];
    for (let at = Math.max(0, this.#count - KEPT); at < this.#count; at += 1) {
      const thing = this.#things[at % KEPT];
      if (thing === null || thing === undefined) continue;
      const when = (this.#times[at % KEPT] as number).toFixed(3).padStart(11);
      lines.push(`${when} ms  ${'type' in thing ? messageText(thing) : happeningText(thing)}`);
    }
    return lines;
  }
}

/** Fields that every message has, or that are bytes. */
const UNSAID = new Set(['type', 'from', 'to', 'batches', 'records', 'data']);

function messageText(message: PeerMessage): string {
  const fields = Object.entries(message)
    .filter(([name]) => !UNSAID.has(name))
    .map(([name, value]) => `${name} ${String(value)}`);
  if (message.type === 'append') {
    const runs = message.batches.map(({ first, last, term }) => `${first}-${last}@${term}`);
    fields.push(`batches [${runs.join(' ')}]`);
  }
  return `n${message.from} -> n${message.to}  ${message.type}: ${fields.join(', ')}`;
}

function happeningText({ what, member, data }: Happening): string {
  const who = member === 0 ? '' : `n${member}  `;
  return `${who}${what}${data === null ? '' : ` ${JSON.stringify(data)}`}`;
}
