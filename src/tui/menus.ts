/** Menus over the view: what they offer, by the keys that do the same directly. */

export interface MenuItem {
  /** '': only the cursor chooses it. */
  readonly key: string;
  readonly text: string;
  /** Done to whoever leads, not to the chosen row: the key of what is done. */
  readonly leaderKey?: string;
}

/** What `a` offers. */
export const MENU: readonly MenuItem[] = [
  { key: 's', text: 'stop: clients are answered, the log is closed' },
  { key: 'K', text: 'kill -9' },
  { key: 'b', text: 'start' },
  { key: 'f', text: 'freeze (SIGSTOP)' },
  { key: 'F', text: 'thaw (SIGCONT)' },
  { key: 'P', text: 'profile its processor for 5 s' },
  { key: 'O', text: 'profile its allocations for 5 s' },
  { key: 'L', text: 'let it lead: leadership is handed over' },
  { key: 'D', text: 'drain: it hands its leadership to another' },
  { key: 'B', text: 'bench: start one, or stop the one that runs' },
];

/** What `X` offers: faults that nodes of this program can be put into, and the way out of them. */
export const FAULTS: readonly MenuItem[] = [
  { key: 'f', text: 'freeze the node (SIGSTOP): it falls silent, its connections stay' },
  { key: 'K', text: 'kill -9 the node: it loses what it had not synced' },
  { key: '', leaderKey: 'f', text: 'freeze the leader, whichever that is' },
  { key: '', leaderKey: 'K', text: 'kill -9 the leader' },
  { key: 'F', text: 'thaw the node (SIGCONT)' },
  { key: 'H', text: 'heal: thaw all that is frozen, start all that is down' },
];
