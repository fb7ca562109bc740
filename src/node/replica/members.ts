/**
 * Who belongs to the cluster, as this replica's surroundings need to know it: names for people,
 * addresses for the network, and whether this member itself still belongs to it.
 *
 * A configuration counts here from the moment it is in the log, as in the core. Who left stays
 * connected for a moment, so that the leader can tell it; then its connection ends.
 */
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import { everyoneOf, highestNumberOf, isRemoved, type Membership } from '../model/membership.ts';
import type { MemberChange } from '../model/membership-change.ts';
import type { Network, PeerAddress } from '../ports/network.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { ReconfigureRefusal } from '../raft/reconfigure.ts';

/** How long after a change is committed the connections to who left are kept. */
export const FAREWELL_MS = 2000;

/**
 * How a change of the membership went.
 * - `committed`: it is for good. A joint configuration is left soon after, by itself.
 * - `refused`: nothing happened.
 * - `unknown`: this node stopped leading, or stops: another leader may have it or not.
 */
export type ChangeOutcome =
  | { readonly type: 'committed'; readonly index: LogIndex }
  | { readonly type: 'refused'; readonly reason: ReconfigureRefusal | 'stopping' }
  | { readonly type: 'unknown' };

export interface MembersParts {
  readonly self: MemberNumber;
  readonly raft: RaftFrontDoor;
  readonly network: Pick<Network, 'reach'>;
  /** Whom a newcomer turns to as long as it does not know a configuration that it is in. */
  readonly contacts: readonly PeerAddress[];
  readonly onChanged: (membership: Membership) => void;
  /** This member does not belong to the cluster any more: its process should end. */
  readonly onRemoved: () => void;
}

interface Pending {
  readonly index: LogIndex;
  readonly term: Term;
  readonly settle: (outcome: ChangeOutcome) => void;
}

export class Members {
  readonly #parts: MembersParts;
  #seen: Membership | null = null;
  #names: ReadonlyMap<MemberNumber, string> = new Map();
  /** Reached so far, by number: who left is still among them for a while. */
  #reached = new Map<MemberNumber, PeerAddress>();
  /** When the connections of those who left are to end; null: nobody left. */
  #farewellAtMs: number | null = null;
  #pending: Pending[] = [];
  #removed = false;

  constructor(parts: MembersParts) {
    this.#parts = parts;
    this.#take(parts.raft.membership);
  }

  nameOf(member: MemberNumber): string {
    return this.#names.get(member) ?? String(member);
  }

  /** Asks the core, which must be this node's in a turn, for a change. */
  change(changes: readonly MemberChange[], settle: (outcome: ChangeOutcome) => void): void {
    const result = this.#parts.raft.reconfigure(changes);
    if (!result.accepted) settle({ type: 'refused', reason: result.reason });
    else this.#pending.push({ index: result.index, term: result.term, settle });
  }

  /** Called at the end of every turn. */
  watch(nowMs: number): void {
    const { raft, self, onRemoved } = this.#parts;
    const { membership } = raft;
    if (membership !== this.#seen) {
      this.#take(membership);
      this.#farewellAtMs = null;
    }
    if (this.#pending.length > 0) this.#settle();
    if (raft.configurationIndex > raft.commitIndex) return;
    if (!this.#removed && isRemoved(membership, self) && raft.role !== 'leader') {
      this.#removed = true;
      onRemoved();
    }
    if (this.#reached.size > 0) this.#sayFarewell(membership, nowMs);
  }

  /** Nobody will be told any more. */
  stop(): void {
    for (const { settle } of this.#pending) settle({ type: 'unknown' });
    this.#pending = [];
  }

  #take(membership: Membership): void {
    const { network, onChanged } = this.#parts;
    this.#seen = membership;
    const names = new Map(this.#names);
    for (const { number, name } of everyoneOf(membership)) names.set(number, name);
    this.#names = names;
    for (const peer of this.#wanted(membership)) this.#reached.set(peer.member, peer);
    network.reach([...this.#reached.values()], highestNumberOf(membership));
    onChanged(membership);
  }

  #wanted(membership: Membership): readonly PeerAddress[] {
    const { self, contacts } = this.#parts;
    const everyone = everyoneOf(membership);
    const peers = everyone.map(({ number: member, peerAddress }) => ({ member, peerAddress }));
    if (everyone.some((m) => m.number === self) || isRemoved(membership, self)) return peers;
    const known = new Set(peers.map((peer) => peer.member));
    return [...peers, ...contacts.filter((contact) => !known.has(contact.member))];
  }

  #sayFarewell(membership: Membership, nowMs: number): void {
    if (this.#farewellAtMs === Number.POSITIVE_INFINITY) return;
    const wanted = this.#wanted(membership);
    if (wanted.length === this.#reached.size) {
      this.#farewellAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    this.#farewellAtMs ??= nowMs + FAREWELL_MS;
    if (nowMs < this.#farewellAtMs) return;
    this.#farewellAtMs = Number.POSITIVE_INFINITY;
    this.#reached = new Map(wanted.map((peer) => [peer.member, peer]));
    this.#parts.network.reach(wanted, highestNumberOf(membership));
  }

  #settle(): void {
    const { raft } = this.#parts;
    this.#pending = this.#pending.filter(({ index, term, settle }) => {
      const held = raft.termAt(index) === term;
      if (held && raft.commitIndex < index && raft.role === 'leader') return true;
      const committed = held && raft.commitIndex >= index;
      settle(committed ? { type: 'committed', index } : { type: 'unknown' });
      return false;
    });
  }
}
