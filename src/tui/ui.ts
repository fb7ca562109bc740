/** What the person at the screen has chosen: plain data, changed only by `update.ts`. */
import type { ThemeName } from './theme.ts';

export const VIEWS = {
  overview: '1',
  replication: '2',
  latency: '3',
  log: '4',
  elections: '5',
  logs: '8',
  profiles: '9',
} as const;

export type ViewName = keyof typeof VIEWS;
export const VIEW_NAMES = Object.keys(VIEWS) as readonly ViewName[];

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** One thing done from here, as the line that does the same in a shell. */
export interface CommandEntry {
  readonly number: number;
  readonly text: string;
  readonly outcome: 'running' | 'ok' | 'failed';
  /** The last line it printed. */
  readonly said: string;
}

/** An action that waits for a yes. */
export interface Pending {
  readonly question: string;
  /** Arguments of `raftctl`, one list a command. */
  readonly commands: readonly (readonly string[])[];
}

export interface Prompt {
  readonly kind: 'command' | 'filter';
  readonly text: string;
  /** How far back in the history; 0: a new line. */
  readonly back: number;
}

export type Overlay =
  | { readonly kind: 'help' }
  | { readonly kind: 'detail'; readonly node: string }
  | { readonly kind: 'menu'; readonly selected: number }
  | { readonly kind: 'confirm'; readonly pending: Pending };

export interface Ui {
  readonly view: ViewName;
  readonly lastView: ViewName;
  /** Which panel of the view has the focus. */
  readonly panel: number;
  readonly isExpanded: boolean;
  /** Row of the focused list. */
  readonly row: number;
  readonly marked: readonly string[];
  readonly sort: Sort;
  readonly filter: string;
  readonly isPaused: boolean;
  /** Sample that is shown; null: the newest. */
  readonly at: number | null;
  readonly refreshMs: number;
  readonly theme: ThemeName;
  readonly overlay: Overlay | null;
  readonly prompt: Prompt | null;
  readonly promptHistory: readonly string[];
  readonly message: string;
  readonly commands: readonly CommandEntry[];
  readonly hasCommandLog: boolean;
  readonly isWrapped: boolean;
  readonly hasTimes: boolean;
  readonly hasMouse: boolean;
  readonly isReadOnly: boolean;
  /** Flags that name the cluster to `raftctl`. */
  readonly scope: readonly string[];
  /** Folder that profiles taken from here go to. */
  readonly profileDirectory: string;
}

export interface UiInit {
  readonly view: ViewName;
  readonly refreshMs: number;
  readonly theme: ThemeName;
  readonly isReadOnly: boolean;
  readonly hasMouse: boolean;
  readonly scope: readonly string[];
  readonly profileDirectory: string;
}

export function newUi(init: UiInit): Ui {
  return {
    ...init,
    lastView: init.view,
    panel: 0,
    isExpanded: false,
    row: 0,
    marked: [],
    sort: { column: 'NODE', descending: false },
    filter: '',
    isPaused: false,
    at: null,
    overlay: null,
    prompt: null,
    promptHistory: [],
    message: '',
    commands: [],
    hasCommandLog: true,
    isWrapped: false,
    hasTimes: true,
  };
}

/** The view of a key; the overview for one that has none. */
export function viewOf(key: string): ViewName {
  return VIEW_NAMES.find((name) => VIEWS[name] === key) ?? 'overview';
}
