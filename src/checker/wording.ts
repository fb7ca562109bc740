/** Operations, values and times as people read them. */
import { type Action, isUnknown, type Operation, type Value } from './history.ts';

export type TimeUnit = 'us' | 'events';

const VALUE_CHARACTERS_MAX = 40;

/** A value on one line, without control characters; long ones are cut. */
export function valueText(value: Value | undefined): string {
  if (value === undefined) return '?';
  if (value === null) return 'nil';
  const isPlain = /^[\w.:/+-]+$/.test(value) && value !== 'nil';
  const shown = isPlain ? value : JSON.stringify(value);
  if (shown.length <= VALUE_CHARACTERS_MAX) return shown;
  // Both ends: what was appended last is at the end.
  const half = VALUE_CHARACTERS_MAX / 2;
  return `${shown.slice(0, half)}…${shown.slice(-half + 1)}`;
}

/** What was asked and answered: `put 3`, `get -> 3`, `cas 1 2 -> false`. */
export function actionText(operation: Operation): string {
  const { asked, answer } = partsOf(operation.action);
  if (isUnknown(operation)) return `${asked} -> ?`;
  return answer === null ? asked : `${asked} -> ${answer}`;
}

function partsOf(action: Action): { asked: string; answer: string | null } {
  switch (action.kind) {
    case 'get':
      return { asked: 'get', answer: valueText(action.result) };
    case 'put':
    case 'append':
      return { asked: `${action.kind} ${valueText(action.value)}`, answer: null };
    case 'cas': {
      const asked = `cas ${valueText(action.from)} ${valueText(action.to)}`;
      return { asked, answer: String(action.result ?? '?') };
    }
    case 'del':
      return { asked: 'del', answer: action.result === null ? null : String(action.result) };
    case 'incr':
      return { asked: `incr ${action.by}`, answer: action.result };
  }
}

/** A time as it counts from the start of the history. */
export function timeText(time: number, unit: TimeUnit): string {
  if (!Number.isFinite(time)) return 'never';
  return unit === 'events' ? `event ${time + 1}` : `${(time / 1e6).toFixed(6)} s`;
}
