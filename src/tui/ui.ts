/** What the person at the screen has chosen: plain data, changed only by `update.ts`. */
import { TOP_KEYS } from '../config/top-keys.ts';
import { type Keys, OWN_KEYS } from './keys.ts';
import type { ThemeName } from './theme.ts';

const { overview, replication, latency, log, elections, bench, logs, profiles } = TOP_KEYS;
/** Each view by its own key. */
export const VIEWS = { overview, replication, latency, log, elections, bench, logs, profiles };

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
  /** A process to be interrupted instead. */
  readonly pid?: number;
}

export interface Prompt {
  readonly kind: 'command' | 'filter';
  readonly text: string;
  /** How far back in the history; 0: a new line. */
  readonly back: number;
}

export type Overlay =
  | { readonly kind: 'help'; readonly from: number }
  | { readonly kind: 'commands' }
  | { readonly kind: 'detail'; readonly node: string }
  | { readonly kind: 'menu' | 'chaos'; readonly selected: number }
  | { readonly kind: 'clusters'; readonly selected: number }
  | { readonly kind: 'confirm'; readonly pending: Pending };

export interface Ui {
  readonly view: ViewName;
  readonly lastView: ViewName;
  /** Which panel of the view has the focus. */
  readonly panel: number;
  /** How much of the screen the focused panel takes from the others. */
  readonly zoom: 'none' | 'half' | 'whole';
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
  /** Whether latencies of a bench count from the time a request was due. */
  readonly isCorrected: boolean;
  readonly isWrapped: boolean;
  readonly hasTimes: boolean;
  readonly hasMouse: boolean;
  readonly isReadOnly: boolean;
  /** Flags that name the cluster to `raftctl`. */
  readonly scope: readonly string[];
  /** The context that led here; null: none. */
  readonly context: string | null;
  /** Folder that profiles taken from here go to. */
  readonly profileDirectory: string;
  readonly keys: Keys;
}

export interface UiInit {
  readonly view: ViewName;
  readonly refreshMs: number;
  readonly theme: ThemeName;
  readonly isReadOnly: boolean;
  readonly hasMouse: boolean;
  readonly scope: readonly string[];
  readonly context?: string | null;
  readonly profileDirectory: string;
  readonly keys?: Keys;
}

export function newUi(init: UiInit): Ui {
  return {
    ...init,
    context: init.context ?? null,
    keys: init.keys ?? OWN_KEYS,
    lastView: init.view,
    panel: 0,
    zoom: 'none',
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
    isCorrected: true,
    isWrapped: false,
    hasTimes: true,
  };
}

/** The view of a key; the overview for one that has none. */
export function viewOf(key: string): ViewName {
  return VIEW_NAMES.find((name) => VIEWS[name] === key) ?? 'overview';
}
