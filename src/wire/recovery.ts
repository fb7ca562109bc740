/** What is known of a cluster that has lost its majority, and what would become of it. */

/** How a stopped node's data looks: where its log ends and what it has promised. */
export interface LogEnd {
  readonly id: string;
  readonly member: number;
  /** Of its hard state. */
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export interface LostMember {
  readonly id: string;
  readonly member: number;
  readonly voter: boolean;
  readonly adminAddress: string;
}

/** Survivors go on with the log of the one that holds most. */
export interface RecoveryPlan {
  /** Whose log that is. */
  readonly source: string;
  /** Of its last entry. */
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** When that was written, in the cluster's time; null: not known. Unix milliseconds. */
  readonly lastWriteMs: number | null;
  /** Of the entry that makes the survivors the members. */
  readonly term: number;
  readonly index: number;
  readonly votersBefore: number;
  readonly votersAfter: number;
  readonly survivors: readonly (LogEnd & { readonly voter: boolean })[];
  readonly lost: readonly LostMember[];
  /**
   * Whether a write can have been acknowledged that no survivor holds: false when every majority
   * there was has a survivor in it.
   */
  readonly mayLose: boolean;
}

/** What the directories of the stopped nodes tell. */
export interface Assessment {
  /** Those that cannot be used, and why. */
  readonly unusable: readonly { readonly directory: string; readonly reason: string }[];
  /** Members that can elect a leader among them and go on by themselves; none: they cannot. */
  readonly electable: readonly string[];
  /** Null: there is nothing to recover, or nothing to recover with. */
  readonly plan: RecoveryPlan | null;
}
