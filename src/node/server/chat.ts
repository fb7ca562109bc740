/**
 * A chatroom's client port: plain lines in, `<index>-<text>` lines out. Everybody there hears
 * every line of the room, the sender too, under the same index on every node.
 *
 * Lines are *pulled*: at the end of a turn that brought something new, each connection takes what
 * lies behind its position. One that does not read is passed over and holds nothing back, not even
 * memory; when it reads again it goes on from its position, out of the room's history.
 */
import type { Socket } from 'node:net';
import { concatBytes } from '../../std/bytes.ts';
import type { ChatLines, ChatQuery } from '../../wire/apps/chat.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { NodeStatus } from '../../wire/status.ts';
import { ChatConnection } from './chat-connection.ts';
import type { ChatContext, Delivery } from './chat-context.ts';

/** One connection is given so much at a time. */
const DELIVERY_BYTES_MAX = 256 * 1024;
/** A peer that vanished without a word is noticed after about so long. */
const KEEP_ALIVE_MS = 60_000;

/** @returns null when the port is none of a chatroom's. */
export function chatDialectOf(
  parts: Pick<ChatContext, 'replica' | 'turns' | 'isLeader' | 'isCurrent' | 'counted'>,
  pinned: ClientPortConfig | null,
): ChatDialect | null {
  const isPlain = pinned?.dialect === 'chat-plain';
  if (!isPlain && pinned?.dialect !== 'chat') return null;
  const takesLines = (): boolean => pinned.onFollower === 'forward' || parts.isLeader();
  return new ChatDialect({ ...parts, isPlain, takesLines });
}

/** Whether a node has applied all that it knows to be committed. */
export function isCurrentBy(status: NodeStatus): boolean {
  const { leader, appliedIndex, commitIndex } = status;
  return leader !== null && appliedIndex === commitIndex;
}

export class ChatDialect {
  readonly #context: ChatContext;
  readonly #connections = new Set<ChatConnection>();
  #newest = 0;
  /** Everybody who could take it was given what was said up to there. */
  #delivered = 0;
  /** Most connections of a room are at the same position. */
  readonly #deliveries = new Map<string, Delivery>();

  constructor(context: ChatContext) {
    this.#context = context;
    context.replica.onTurnEnd(() => this.#endTurn());
  }

  take(socket: Socket): void {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const connection = new ChatConnection(socket, this.#context, {
      newest: () => this.#look(),
      lines: (room, after) => this.#delivery(room, after),
    });
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }

  room(): void {
    for (const connection of this.#connections) connection.room();
  }

  /** Takes no more lines; who waits for an answer gets it, then all connections end. */
  close(): void {
    for (const connection of this.#connections) connection.stop();
  }

  #endTurn(): void {
    if (this.#connections.size === 0) return;
    const newest = this.#look();
    if (newest === this.#delivered) return;
    this.#delivered = newest;
    for (const connection of this.#connections) connection.deliver();
  }

  /** Anything new makes old deliveries wrong. */
  #look(): number {
    const newest = this.#ask({ op: 'newest' }) as number;
    if (newest !== this.#newest) this.#deliveries.clear();
    this.#newest = newest;
    return newest;
  }

  #delivery(room: string, after: number): Delivery {
    this.#look();
    const name = `${after} ${room}`;
    const known = this.#deliveries.get(name);
    if (known !== undefined) return known;
    const query: ChatQuery = { op: 'lines', room, after, bytesMax: DELIVERY_BYTES_MAX };
    const { lines, through, gap } = this.#ask(query) as ChatLines;
    const delivery = { bytes: concatBytes(lines), through, gap };
    this.#deliveries.set(name, delivery);
    return delivery;
  }

  #ask(query: ChatQuery): unknown {
    return this.#context.replica.query(query);
  }
}
