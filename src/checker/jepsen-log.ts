/**
 * The events among the lines of a Jepsen log: process, type, function and value behind
 * `jepsen.util`, or alone as in `history.txt`. All other lines are passed over.
 */
import { type Edn, EdnError, EdnReader } from './edn.ts';
import { EventError, type JepsenEvent } from './jepsen-events.ts';

const EVENT = /(?:jepsen\.util\b[\s-]*|^\s*)(\d+)\s+:(invoke|ok|fail|info)\s+(:[^\s]+)\s*(.*)$/;

/** @throws {EventError} when an event's value cannot be read. */
export function eventsOfLog(text: string): JepsenEvent[] {
  return text.split('\n').flatMap((content, index) => {
    const match = EVENT.exec(content);
    if (match === null) return [];
    const [, client = '', type, f = '', rest = ''] = match;
    const line = index + 1;
    const value = asValue(rest, line);
    return [{ client, type: type as JepsenEvent['type'], f, key: undefined, value, line }];
  });
}

function asValue(rest: string, line: number): Edn {
  try {
    return new EdnReader(rest).next()?.value ?? null;
  } catch (error) {
    if (error instanceof EdnError) throw new EventError(error.message, line);
    throw error;
  }
}
