/** Reads a history in any of the notations that are known, and says in which. */
import { RaftctlError } from '../std/errors.ts';
import { EdnError, type EdnForm, EdnReader, isEdnList, isEdnMap } from './edn.ts';
import type { Operation, Value } from './history.ts';
import { LineError, readHistoryLines } from './history-lines.ts';
import {
  EventError,
  eventOfMap,
  type JepsenEvent,
  type JepsenOptions,
  operationsOfEvents,
} from './jepsen-events.ts';
import { eventsOfLog } from './jepsen-log.ts';
import type { ModelName } from './models.ts';

export const HISTORY_FORMATS = ['json', 'edn', 'jepsen-log'] as const;

export type HistoryFormat = (typeof HISTORY_FORMATS)[number];

export interface ReadHistory {
  readonly format: HistoryFormat;
  readonly operations: readonly Operation[];
  /** What the times of operations count. */
  readonly timeUnit: 'us' | 'events';
  /** What the file itself says; null and undefined: nothing. */
  readonly model: ModelName | null;
  readonly initial: Value | undefined;
}

export interface ReadOptions extends JepsenOptions {
  /** Null: as the text looks. */
  readonly format: HistoryFormat | null;
  /** For messages. */
  readonly name: string;
}

/** @throws {RaftctlError} HISTORY_INVALID when the text is no history. */
export function readHistory(text: string, options: ReadOptions): ReadHistory {
  const format = options.format ?? formatOf(text);
  try {
    if (format === 'json') {
      const { operations, header } = readHistoryLines(text);
      return { format, operations, timeUnit: 'us', ...header };
    }
    const events = format === 'edn' ? eventsOfEdn(text) : eventsOfLog(text);
    if (events.length === 0 && text.trim() !== '') throw new EventError('no event is in it', 1);
    const operations = operationsOfEvents(events, options);
    return { format, operations, timeUnit: 'events', model: null, initial: undefined };
  } catch (error) {
    const line = lineOf(error, text);
    if (line === null) throw error;
    throw new RaftctlError('HISTORY_INVALID', {
      message: `Cannot read ${options.name}, line ${line}, as ${format}: ${(error as Error).message}`,
      hint: 'docs/history-format.md describes what is read; --format says what it is',
      cause: error,
    });
  }
}

/** The notation that a text seems to be in. */
export function formatOf(text: string): HistoryFormat {
  const start = text.slice(0, 65_536).trimStart();
  if (/^\{\s*"/.test(start) || start === '') return 'json';
  // NB: lines of a log can begin with a time in brackets.
  return /^([{(#;]|\[\s*[[{(#;\]])/.test(start) ? 'edn' : 'jepsen-log';
}

function eventsOfEdn(text: string): JepsenEvent[] {
  const reader = new EdnReader(text);
  const events: JepsenEvent[] = [];
  let line = 1;
  let counted = 0;
  const add = (form: EdnForm): void => {
    for (; counted < form.at; counted += 1) if (text[counted] === '\n') line += 1;
    // NB: a whole history can be one vector; its events are then all said to be on its first line.
    const maps = isEdnList(form.value) && !isEdnMap(form.value) ? form.value : [form.value];
    for (const map of maps) {
      const event = eventOfMap(map, line);
      if (event !== null) events.push(event);
    }
  };
  for (let form = reader.next(); form !== null; form = reader.next()) add(form);
  return events;
}

/** The line of the text that an error speaks of; null: it is no error of reading. */
function lineOf(error: unknown, text: string): number | null {
  if (error instanceof LineError || error instanceof EventError) return error.line;
  if (error instanceof EdnError) return text.slice(0, error.at).split('\n').length;
  return null;
}
