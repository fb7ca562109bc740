/**
 * Histories as raftctl writes them: JSON, one operation a line (docs/history-format.md). The first
 * line may be a header. Every field is checked; what is wrong is named with its line.
 */
import { type Action, type ActionKind, isUnknown, type Operation, type Value } from './history.ts';
import { MODEL_NAMES, type ModelName } from './models.ts';

export const HISTORY_SCHEMA = 'raftctl/history/v1';

export interface HistoryHeader {
  readonly model: ModelName | null;
  /** What keys hold at the start; undefined: not said. */
  readonly initial: Value | undefined;
}

/** A line that is no operation, and why. */
export class LineError extends Error {
  override readonly name = 'LineError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const KINDS: Readonly<Record<string, ActionKind>> = {
  ...{ get: 'get', read: 'get', put: 'put', write: 'put', set: 'put', cas: 'cas' },
  ...{ append: 'append', del: 'del', delete: 'del', incr: 'incr' },
};

const OUTCOMES = ['ok', 'fail', 'unknown', 'info'];

/** @throws {LineError} when a line is neither an operation nor a header. */
export function readHistoryLines(text: string): {
  operations: Operation[];
  header: HistoryHeader;
} {
  let header: HistoryHeader = { model: null, initial: undefined };
  const operations: Operation[] = [];
  text.split('\n').forEach((content, index) => {
    if (content.trim() === '') return;
    const line = index + 1;
    const fields = fieldsOf(content, line);
    if ('schema' in fields) {
      header = headerOf(fields, line);
      return;
    }
    const operation = new LineReader(fields, line).operation();
    if (operation !== null) operations.push(operation);
  });
  return { operations, header };
}

function fieldsOf(content: string, line: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new LineError('it is not JSON', line);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new LineError('it is not an object', line);
}

function headerOf(fields: Fields, line: number): HistoryHeader {
  const { schema, model = null, initial } = fields;
  if (schema !== HISTORY_SCHEMA) {
    throw new LineError(`its schema is ${JSON.stringify(schema)}, not ${HISTORY_SCHEMA}`, line);
  }
  if (model !== null && !MODEL_NAMES.includes(model as ModelName)) {
    throw new LineError(`"model" is ${JSON.stringify(model)}, not one of ${MODEL_NAMES}`, line);
  }
  return {
    model: model as ModelName | null,
    initial: initial === undefined ? undefined : asValue(initial),
  };
}

class LineReader {
  readonly #fields: Fields;
  readonly #line: number;

  constructor(fields: Fields, line: number) {
    this.#fields = fields;
    this.#line = line;
  }

  /** @returns null when the operation did not happen. */
  operation(): Operation | null {
    const { client, key = '', op, startUs, endUs = null } = this.#fields;
    const outcome = this.#fields['outcome'] ?? (endUs === null ? 'unknown' : 'ok');
    if (typeof outcome !== 'string' || !OUTCOMES.includes(outcome)) {
      throw this.#error('outcome', 'ok, fail or unknown');
    }
    if (typeof client !== 'string' && typeof client !== 'number') {
      throw this.#error('client', 'a text or a number');
    }
    if (typeof key !== 'string' && typeof key !== 'number') {
      throw this.#error('key', 'a text or a number');
    }
    const kind = typeof op === 'string' ? KINDS[op] : undefined;
    if (kind === undefined) throw this.#error('op', 'get, put, cas, append, del or incr');
    if (typeof startUs !== 'number') throw this.#error('startUs', 'a number');
    if (outcome === 'fail') return null;
    const isKnown = outcome === 'ok';
    if (isKnown && !(typeof endUs === 'number' && endUs >= startUs)) {
      throw this.#error('endUs', 'a number that is not below startUs');
    }
    return {
      client: String(client),
      key: String(key),
      action: this.#action(kind, isKnown),
      calledAt: startUs,
      returnedAt: isKnown ? (endUs as number) : Number.POSITIVE_INFINITY,
    };
  }

  #action(kind: ActionKind, isKnown: boolean): Action {
    switch (kind) {
      case 'get':
        return { kind, result: isKnown ? this.#value('result') : undefined };
      case 'put':
        return { kind, value: this.#value('value') };
      case 'append':
        return { kind, value: this.#value('value') ?? '' };
      case 'cas': {
        const result = isKnown ? this.#answer() : null;
        if (isKnown && result === null) throw this.#error('result', 'true or false');
        return { kind, from: this.#value('from'), to: this.#value('to'), result };
      }
      case 'del':
        return { kind, result: isKnown ? this.#answer() : null };
      case 'incr': {
        const result = isKnown && 'result' in this.#fields ? this.#value('result') : null;
        return { kind, by: this.#by(), result };
      }
    }
  }

  #value(name: string): Value {
    if (!(name in this.#fields)) throw this.#error(name, 'given');
    return asValue(this.#fields[name]);
  }

  /** Yes or no; null: not said. */
  #answer(): boolean | null {
    const { result = null } = this.#fields;
    if (result === null || typeof result === 'boolean') return result;
    if (result === 0 || result === 1) return result === 1;
    throw this.#error('result', 'true or false');
  }

  #by(): string {
    const by = asValue(this.#fields['by'] ?? 1);
    if (by === null || !/^-?\d+$/.test(by)) throw this.#error('by', 'a whole number');
    return by;
  }

  #error(name: string, rule: string): LineError {
    const value = JSON.stringify(this.#fields[name]) ?? 'missing';
    return new LineError(`"${name}" must be ${rule}: it is ${value}`, this.#line);
  }
}

/** Numbers are their digits, and what is neither is its JSON. */
function asValue(value: unknown): Value {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** The header as a line. */
export function headerLine(model: ModelName, initial: Value = null): string {
  return `${JSON.stringify({ schema: HISTORY_SCHEMA, model, initial })}\n`;
}

/** An operation as an object of JSON. */
export function operationFields(operation: Operation): Fields {
  const { client, key, action, calledAt, returnedAt } = operation;
  const { kind, ...rest } = action;
  const isKnown = !isUnknown(operation);
  return {
    ...{ client, op: kind, key, ...rest, startUs: calledAt, endUs: isKnown ? returnedAt : null },
    outcome: isKnown ? 'ok' : 'unknown',
  };
}

/** An operation as a line. */
export function historyLine(operation: Operation): string {
  return `${JSON.stringify(operationFields(operation))}\n`;
}
