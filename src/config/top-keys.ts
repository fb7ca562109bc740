/**
 * Keys of the dashboard by what they do: the table `[tui.keys]` of a configuration file gives an
 * action another key. Keys that are not here are the same everywhere: Enter, Escape, arrows, Tab,
 * pages, Ctrl-C.
 */
export const TOP_KEYS = {
  overview: '1',
  replication: '2',
  latency: '3',
  log: '4',
  elections: '5',
  bench: '6',
  logs: '8',
  profiles: '9',
  quit: 'q',
  help: '?',
  command: ':',
  filter: '/',
  next: 'n',
  previous: 'N',
  down: 'j',
  up: 'k',
  first: 'g',
  last: 'G',
  detail: 'd',
  lastView: '`',
  pause: 'space',
  faster: '+',
  slower: '-',
  look: 'R',
  earlier: '[',
  later: ']',
  previousEvent: '{',
  nextEvent: '}',
  live: '\\',
  expand: 'e',
  half: '_',
  sortPrevious: '<',
  sortNext: '>',
  reverse: 'r',
  logsOfRow: 'l',
  mark: 'm',
  clusters: 'C',
  previousCluster: '(',
  nextCluster: ')',
  actions: 'a',
  stop: 's',
  kill: 'K',
  start: 'b',
  freeze: 'f',
  thaw: 'F',
  lead: 'L',
  drain: 'D',
  chaos: 'X',
  heal: 'H',
  profile: 'P',
  allocations: 'O',
  load: 'B',
  raw: 'u',
  wrap: 'w',
  times: 't',
  theme: 'T',
  copy: 'y',
  save: 'S',
  mouse: 'M',
  commandLog: 'c',
  pager: '!',
} as const;

export type TopAction = keyof typeof TOP_KEYS;
export const TOP_ACTIONS = Object.keys(TOP_KEYS) as readonly TopAction[];

/** What was chosen; what is left out keeps its own key. */
export type TopKeyChoice = { readonly [A in TopAction]?: string | undefined };

/** Ctrl with a letter that terminals have no other use for. */
const CONTROL = /^C-[abefgklnopqrstvwxy]$/;
const NAMED = /^(?:space|f(?:[2-9]|1[0-2])|home|end|insert|delete)$/;

/** Whether a terminal can send it, and it may mean something else than it does. */
export function isTopKey(text: string): boolean {
  if (CONTROL.test(text) || NAMED.test(text)) return true;
  return [...text].length === 1 && text > ' ' && text !== '\u007f';
}

export interface KeyClash {
  /** One that was given this key. */
  readonly action: TopAction;
  readonly other: TopAction;
  readonly key: string;
}

/** The first two actions that would have one key; null: there are none. */
export function clashIn(choice: TopKeyChoice): KeyClash | null {
  const owners = new Map<string, TopAction>();
  for (const action of TOP_ACTIONS) {
    const key = choice[action] ?? TOP_KEYS[action];
    const other = owners.get(key);
    if (other === undefined) owners.set(key, action);
    else if (choice[action] !== undefined) return { action, other, key };
    else return { action: other, other: action, key };
  }
  return null;
}

export function clashText({ other, key }: KeyClash): string {
  return `${JSON.stringify(key)} is the key of ${other} too: give that another one`;
}
