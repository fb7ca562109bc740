/**
 * Keys as the person has them. All of the dashboard speaks of keys as they are by themselves; what
 * is pressed is translated on its way in, and what is shown on its way out.
 */
import { TOP_ACTIONS, TOP_KEYS, type TopKeyChoice } from '../config/top-keys.ts';

export interface Keys {
  /** By what is pressed; '': it does nothing any more. */
  readonly meant: Readonly<Record<string, string>>;
  /** By the key as it is by itself. */
  readonly given: Readonly<Record<string, string>>;
}

export const OWN_KEYS: Keys = { meant: {}, given: {} };

/** Requires: no two actions have one key. */
export function keysOf(choice: TopKeyChoice): Keys {
  const moved = TOP_ACTIONS.filter((action) => (choice[action] ?? '') !== '');
  const given = moved.map((action) => [TOP_KEYS[action], choice[action] ?? ''] as const);
  const left = given.map(([own]) => [own, ''] as const);
  const meant = given.map(([own, key]) => [key, own] as const);
  return { meant: Object.fromEntries([...left, ...meant]), given: Object.fromEntries(given) };
}

/** What a pressed key means. */
export function meaningOf({ meant }: Keys, pressed: string): string {
  return meant[pressed] ?? pressed;
}

/** What is to be pressed for a key that is called so here. */
export function shownKey({ given }: Keys, key: string): string {
  const own = given[key] ?? given[NAMES_BACK[key] ?? ''];
  if (own === undefined) return key;
  if (own.startsWith('C-')) return `Ctrl-${own.slice(2)}`;
  return own.length === 1 ? own : own.charAt(0).toUpperCase() + own.slice(1);
}

/** As help names them. */
const NAMES_BACK: Readonly<Record<string, string>> = { Space: 'space' };

/** Keys with blanks between, as help lists them. */
export function shownKeys(keys: Keys, list: string): string {
  const digits = list
    .split(' ')
    .flatMap((key) => (key === '1-6' && isMoved(keys) ? ['1', '2', '3', '4', '5', '6'] : [key]));
  return digits.map((key) => shownKey(keys, key)).join(' ');
}

function isMoved({ given }: Keys): boolean {
  return ['1', '2', '3', '4', '5', '6'].some((key) => given[key] !== undefined);
}
