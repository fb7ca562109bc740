/**
 * A conversation with a kvstore cluster: the commands of one session stay on one connection as long
 * as it lasts, so that transactions and cursors hold; when its node fails, the next one takes
 * over under the rules of `executeKv`.
 */
import { RaftctlError } from '../std/errors.ts';
import { executeKv, type KvClientOptions, type KvCommand } from './kv-client.ts';
import { RespConnection } from './resp-connection.ts';
import type { Reply } from './resp-reply.ts';
import { WriteSession } from './write-session.ts';

const ENDS_TRANSACTION: ReadonlySet<string> = new Set(['EXEC', 'DISCARD', 'RESET']);

export class KvSession {
  readonly #endpoints: readonly string[];
  #connection: RespConnection | null = null;
  #isInTransaction = false;
  /** WATCH or MULTI: the node remembers something that no other knows. */
  #isPinned = false;
  #isClosed = false;
  readonly #writes = new WriteSession();

  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  /** The node that answers; null: none yet. */
  get address(): string | null {
    return this.#connection?.address ?? null;
  }

  /** MULTI was answered, EXEC or DISCARD not yet. */
  get isInTransaction(): boolean {
    return this.#isInTransaction;
  }

  /** @throws {RaftctlError} what `executeKv` throws; OUTCOME_UNKNOWN when a transaction is lost. */
  async execute(command: KvCommand, timeoutMs: number): Promise<Reply> {
    const name = String(command.args[0] ?? '').toUpperCase();
    const wasPinned = this.#isPinned;
    if (wasPinned && (this.#connection === null || this.#connection.isClosed)) {
      this.#unpin();
      throw new RaftctlError('OUTCOME_UNKNOWN', {
        message: 'The transaction is lost: the node closed the connection before EXEC',
        hint: 'Nothing of it happened. Begin again',
      });
    }
    if (ENDS_TRANSACTION.has(name)) this.#unpin();
    const reply = await this.#send(
      () => ({
        endpoints: wasPinned ? [this.address ?? ''] : this.#inOrder(),
        timeoutMs,
        take: (address, leftMs) => this.#take(address, leftMs),
        release: (connection, isGood) => this.#release(connection, isGood),
      }),
      command,
    );
    if (name === 'MULTI') this.#isInTransaction = true;
    if (name === 'MULTI' || name === 'WATCH') this.#isPinned = true;
    return reply;
  }

  /** Outside transactions, writes bear a session: they are sent until they are answered. */
  #send(ways: () => KvClientOptions, command: KvCommand): Promise<Reply> {
    if (this.#isPinned || this.#isInTransaction) return executeKv(ways(), command);
    return this.#writes.execute(ways, command);
  }

  /** For ever: a command that is under way finds no node any more. */
  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
    this.#connection = null;
    this.#unpin();
  }

  #unpin(): void {
    this.#isInTransaction = false;
    this.#isPinned = false;
  }

  /** The node of last time first. */
  #inOrder(): readonly string[] {
    const { address } = this;
    if (address === null) return this.#endpoints;
    return [address, ...this.#endpoints.filter((endpoint) => endpoint !== address)];
  }

  async #take(address: string, timeoutMs: number): Promise<RespConnection> {
    const held = this.#connection;
    if (held !== null && held.address === address && !held.isClosed) return held;
    held?.close();
    const opened = this.#isClosed ? null : await RespConnection.open(address, timeoutMs);
    if (opened === null || this.#isClosed) {
      opened?.close();
      throw new RaftctlError('UNREACHABLE', { message: 'The session is closed' });
    }
    this.#connection = opened;
    return opened;
  }

  #release(connection: RespConnection, isGood: boolean): void {
    if (isGood) return;
    connection.close();
    if (this.#connection === connection) this.#connection = null;
  }
}
