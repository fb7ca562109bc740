/**
 * What a client port speaks. `any` is decided anew by the first bytes of each connection, and so is
 * `raft-demo`, where a line that says nothing else is nonsense of raft-demo; the others are ports
 * of older systems too (docs/older-systems.md) and speak one thing only.
 */
export const DIALECTS = [
  'any',
  'hraftd',
  'hraftd-fork',
  'fork-redis',
  'kvapi',
  'raftexample',
  'raft-demo',
  'webkvstore',
  'chat',
  'chat-plain',
] as const;
export type DialectName = (typeof DIALECTS)[number];

export interface ClientPortConfig {
  /** `host:port` */
  readonly address: string;
  readonly dialect: DialectName;
  /** What becomes of a write on a node that does not lead. `any` always forwards. */
  readonly onFollower: 'refuse' | 'forward';
  /** `local`: this node's state, which may be behind. `any` always reads linearizably. */
  readonly reads: 'linearizable' | 'local';
  /** Whether a write is answered after its commit; only raftexample knows otherwise. */
  readonly commit: 'wait' | 'later';
  /** True counts where the fork of hraftd always says 1. */
  readonly strict?: boolean;
  /** Values of raft-demo's clients are stored compressed. */
  readonly compress?: boolean;
  /** File of webkvstore's text log. */
  readonly journal?: string;
  /** Every value of raft-demo's clients becomes the filler, as in the original diskstorage. */
  readonly filler?: boolean;
}
