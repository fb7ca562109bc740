/**
 * Jepsen's events as operations. A process calls (`:invoke`) and hears `:ok`, `:fail` (it did not
 * happen) or `:info` (nobody knows). What is never answered is as good as `:info`.
 *
 * Time is the order of events in the history. Processes that are not numbers (`:nemesis`) do
 * nothing to the data. Values of tests over independent keys are pairs of key and value.
 */
import { type Edn, type EdnMap, isEdnList, isEdnMap, printEdn, Word } from './edn.ts';
import type { Action, ActionKind, Operation, Value } from './history.ts';

export type Pairs = 'auto' | 'yes' | 'no';

export interface JepsenOptions {
  /** Whether values are pairs of key and value. */
  readonly pairs: Pairs;
  /** Whether a `:fail` of a cas means that it found another value, as opposed to anything. */
  readonly failedCasSees: boolean;
}

export interface JepsenEvent {
  /** Jepsen's process. */
  readonly client: string;
  readonly type: 'invoke' | 'ok' | 'fail' | 'info';
  readonly f: string;
  readonly key: Edn | undefined;
  readonly value: Edn;
  /** Line of the file, for messages. */
  readonly line: number;
}

/** An event that makes no sense, and its line. */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const KINDS: Readonly<Record<string, ActionKind>> = {
  ...{ ':read': 'get', ':get': 'get', ':r': 'get' },
  ...{ ':write': 'put', ':put': 'put', ':set': 'put', ':w': 'put' },
  ...{ ':cas': 'cas', ':append': 'append', ':incr': 'incr', ':inc': 'incr' },
  ...{ ':del': 'del', ':delete': 'del' },
};

const TYPES: Readonly<Record<string, JepsenEvent['type']>> = {
  ...{ ':invoke': 'invoke', ':ok': 'ok', ':fail': 'fail', ':info': 'info' },
};

/** @returns null when it is no event of a client. @throws {EventError} when it is no event. */
export function eventOfMap(form: Edn, line: number): JepsenEvent | null {
  if (!isEdnMap(form)) throw new EventError(`${printEdn(form)} is no map`, line);
  return eventOf(form, line);
}

function eventOf(map: EdnMap, line: number): JepsenEvent | null {
  const typeWord = printEdn(map.get(':type') ?? null);
  const type = TYPES[typeWord];
  if (type === undefined) throw new EventError(`:type is ${typeWord}`, line);
  const client = printEdn(map.get(':process') ?? null);
  if (!/^-?\d+$/.test(client)) return null;
  const f = printEdn(map.get(':f') ?? null);
  return { client, type, f, key: map.get(':key'), value: map.get(':value') ?? null, line };
}

interface Call {
  readonly event: JepsenEvent;
  readonly at: number;
}

interface Exchange {
  readonly call: Call;
  readonly answer: Call | null;
}

/** @throws {EventError} when an event has no place. */
export function operationsOfEvents(
  events: readonly JepsenEvent[],
  options: JepsenOptions,
): Operation[] {
  const exchanges = exchangesOf(events);
  const isPaired = options.pairs === 'auto' ? looksPaired(exchanges) : options.pairs === 'yes';
  return exchanges.flatMap((exchange) => operationOf(exchange, isPaired, options) ?? []);
}

function exchangesOf(events: readonly JepsenEvent[]): Exchange[] {
  const open = new Map<string, Call>();
  const exchanges: Exchange[] = [];
  events.forEach((event, at) => {
    const call = open.get(event.client);
    if (event.type === 'invoke') {
      if (call !== undefined) {
        const { line } = call.event;
        const detail = `process ${event.client} calls before its call of line ${line} is answered`;
        throw new EventError(detail, event.line);
      }
      open.set(event.client, { event, at });
      return;
    }
    if (call === undefined) {
      throw new EventError(`process ${event.client} hears of no call of its own`, event.line);
    }
    open.delete(event.client);
    if (call.event.f !== event.f) {
      throw new EventError(`process ${event.client} called ${call.event.f}`, event.line);
    }
    exchanges.push({ call, answer: { event, at } });
  });
  for (const call of open.values()) exchanges.push({ call, answer: null });
  return exchanges.sort((a, b) => a.call.at - b.call.at);
}

/** A plain read calls with nil and a plain cas with two values: both would not be pairs. */
function looksPaired(exchanges: readonly Exchange[]): boolean {
  if (exchanges.length === 0) return false;
  return exchanges.every(({ call: { event } }) => {
    if (event.key !== undefined || !isEdnList(event.value) || event.value.length !== 2)
      return false;
    return KINDS[event.f] !== 'cas' || isEdnList(event.value[1]);
  });
}

function operationOf(
  { call, answer }: Exchange,
  isPaired: boolean,
  options: JepsenOptions,
): Operation | null {
  const { client, f, line } = call.event;
  const kind = KINDS[f];
  if (kind === undefined) throw new EventError(`:f is ${f}`, line);
  const called = split(call.event, isPaired);
  const type = answer?.event.type ?? 'info';
  const isSeen = type === 'fail' && kind === 'cas' && options.failedCasSees;
  if (type === 'fail' && !isSeen) return null;
  const answered = type === 'ok' && answer !== null ? split(answer.event, isPaired).value : null;
  return {
    client,
    key: called.key,
    action: actionOf({ kind, called: called.value, answered, type, line }),
    calledAt: call.at,
    returnedAt: type === 'info' || answer === null ? Number.POSITIVE_INFINITY : answer.at,
  };
}

function split(event: JepsenEvent, isPaired: boolean): { key: string; value: Edn } {
  const { key, value, line } = event;
  if (!isPaired) return { key: key === undefined ? '' : (asValue(key) ?? 'nil'), value };
  // What went wrong may have an error for its value.
  if (!isEdnList(value) || value.length !== 2) {
    if (event.type === 'fail' || event.type === 'info') return { key: '', value: null };
    throw new EventError(`${printEdn(value)} is no pair of key and value`, line);
  }
  return { key: asValue(value[0] ?? null) ?? 'nil', value: value[1] ?? null };
}

function actionOf(input: {
  readonly kind: ActionKind;
  readonly called: Edn;
  readonly answered: Edn;
  readonly type: JepsenEvent['type'];
  readonly line: number;
}): Action {
  const { kind, called, answered, type, line } = input;
  switch (kind) {
    case 'get':
      return { kind, result: type === 'ok' ? asValue(answered) : undefined };
    case 'put':
      return { kind, value: asValue(called) };
    case 'append':
      return { kind, value: asValue(called) ?? '' };
    case 'cas': {
      if (!isEdnList(called) || called.length !== 2) {
        throw new EventError(`a cas of ${printEdn(called)}, which is no pair of values`, line);
      }
      const [from = null, to = null] = called;
      const result = type === 'info' ? null : type === 'ok';
      return { kind, from: asValue(from), to: asValue(to), result };
    }
    case 'del':
      return { kind, result: typeof answered === 'boolean' ? answered : null };
    case 'incr': {
      const result = typeof answered === 'number' ? String(answered) : null;
      return { kind, by: asValue(called) ?? '1', result };
    }
  }
}

function asValue(value: Edn): Value {
  if (value === null || typeof value === 'string') return value;
  return value instanceof Word ? value.text : printEdn(value);
}
