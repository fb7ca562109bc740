/** Who takes changes of the membership that come in the dialect of an older system. */

export interface JoinWish {
  readonly id: string;
  /** `host:port` */
  readonly peerAddress: string;
  /** Else it only learns. */
  readonly voter: boolean;
}

/** Its answers say why something was not done; null: it is done. */
export interface MemberDesk {
  /** Who has that name or that address already is replaced; who has both stays. */
  join(wish: JoinWish): Promise<string | null>;
  /** @param wish a name or a Raft address */
  leave(wish: string): Promise<string | null>;
}
