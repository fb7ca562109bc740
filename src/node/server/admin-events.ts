/**
 * The event stream: `GET /v1/events?since=INC:SEQ&follow=1&types=a,b`, one JSON object a line.
 *
 * A stream owns no events, only its place in the ring: it takes the next ones when the reader has
 * taken the last. So what a slow reader can hold up is the ring, which has its size anyhow, and
 * one write. A follower that the ring laps (about 1 MiB behind) is closed: it comes back with
 * `since` and is told of the gap.
 */
import type { ServerResponse } from 'node:http';
import { EVENT_TYPES, type EventGap, type EventType, isEventType } from '../../wire/events.ts';
import type { EventSource } from './admin-contract.ts';
import { AdminRefusal, commonHeaders } from './admin-reply.ts';

/** Events made into text before other work gets a turn. */
const EVENTS_PER_WRITE = 256;

/** Bytes that may wait for the reader before no more are taken from the ring. */
const WAITING_BYTES_MAX = 256 * 1024;

export interface EventQuery {
  /** Where the reader has got to; null: from the oldest event there is. */
  readonly since: { readonly incarnation: string; readonly seq: number } | null;
  readonly follow: boolean;
  /** null: all. */
  readonly types: ReadonlySet<EventType> | null;
}

/** @throws {AdminRefusal} when a parameter makes no sense. */
export function parseEventQuery(params: URLSearchParams): EventQuery {
  const follow = params.get('follow') ?? '0';
  if (follow !== '0' && follow !== '1') throw badParameter('follow', follow, '0 or 1');
  return {
    since: parseSince(params.get('since')),
    follow: follow === '1',
    types: parseTypes(params.get('types')),
  };
}

export class EventStream {
  readonly #source: EventSource;
  readonly #query: EventQuery;
  readonly #response: ServerResponse;
  readonly #onLapped: () => void;
  readonly #unsubscribe: () => void;
  /** Sequence number of the last event taken from the ring. */
  #seq: number;
  /** Where a stream that does not follow ends. */
  readonly #endSeq: number;
  #scheduled = false;
  #waitsForReader = false;
  #ended = false;

  /** Starts the answer. `onLapped` is called when the reader was too slow and is closed. */
  constructor(init: {
    readonly source: EventSource;
    readonly query: EventQuery;
    readonly response: ServerResponse;
    readonly onLapped: () => void;
  }) {
    const { source, query, response } = init;
    this.#source = source;
    this.#query = query;
    this.#response = response;
    this.#onLapped = init.onLapped;
    this.#endSeq = query.follow ? Number.POSITIVE_INFINITY : source.lastSeq;
    response.writeHead(200, commonHeaders('application/x-ndjson; charset=utf-8'));
    response.flushHeaders();
    const { gap } = source.since(query.since, 0);
    this.#seq = gap || query.since === null ? source.firstSeq - 1 : query.since.seq;
    if (gap) response.write(`${JSON.stringify(gapOf(source))}\n`);
    this.#unsubscribe = query.follow ? source.subscribe(() => this.#schedule()) : () => {};
    response.on('drain', () => {
      this.#waitsForReader = false;
      this.#schedule();
    });
    response.once('close', () => this.#leave());
    this.#schedule();
  }

  /** Ends the answer after what was written. */
  end(): void {
    if (this.#ended) return;
    // The last words of a node that stops.
    if (this.#query.follow && this.#seq < this.#source.lastSeq) this.#write();
    this.#leave();
    this.#response.end();
  }

  #leave(): void {
    this.#ended = true;
    this.#unsubscribe();
  }

  /** However many events a turn brings, they go out in one write after it. */
  #schedule(): void {
    if (this.#scheduled || this.#ended) return;
    const lapped = this.#source.firstSeq > this.#seq + 1;
    if (this.#waitsForReader && !lapped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#ended) this.#write();
    });
  }

  #write(): void {
    const { incarnation } = this.#source;
    const position = { incarnation, seq: this.#seq };
    const { gap, events } = this.#source.since(position, EVENTS_PER_WRITE);
    if (gap) {
      this.#leave();
      this.#response.destroy();
      this.#onLapped();
      return;
    }
    let text = '';
    for (const event of events) {
      if (event.seq > this.#endSeq) break;
      this.#seq = event.seq;
      const wanted = this.#query.types === null || this.#query.types.has(event.type);
      if (wanted) text += `${JSON.stringify(event)}\n`;
    }
    if (text !== '') {
      const taken = this.#response.write(text);
      this.#waitsForReader = !taken && this.#response.writableLength >= WAITING_BYTES_MAX;
    }
    if (this.#seq >= this.#endSeq) this.end();
    else if (this.#seq < this.#source.lastSeq) this.#schedule();
  }
}

function gapOf(source: EventSource): EventGap {
  const { cluster, node, incarnation, firstSeq } = source;
  return { v: 1, type: 'gap', cluster, node, incarnation, nextSeq: firstSeq };
}

function parseSince(text: string | null): EventQuery['since'] {
  if (text === null) return null;
  const match = /^([^:]{1,64}):(\d{1,15})$/.exec(text);
  if (match === null) throw badParameter('since', text, 'INCARNATION:SEQ');
  return { incarnation: match[1] as string, seq: Number(match[2]) };
}

function parseTypes(text: string | null): EventQuery['types'] {
  if (text === null) return null;
  const types = new Set<EventType>();
  for (const type of text.split(',')) {
    if (!isEventType(type)) throw badParameter('types', type, `some of ${EVENT_TYPES.join(',')}`);
    types.add(type);
  }
  return types;
}

function badParameter(name: string, value: string, expected: string): AdminRefusal {
  const shown = JSON.stringify(value.slice(0, 100));
  return new AdminRefusal(400, {
    code: 'USAGE',
    message: `Cannot read the parameter ${name} as it must be ${expected}: it is ${shown}`,
  });
}
