/**
 * Writes that are sent until they are answered and done once all the same: each bears a session of
 * the cluster's and a number of its own in it (wire/apps/session.ts).
 *
 * Opening a session is repeated without harm: one that nobody uses ends by itself. A server that
 * knows no sessions is written to as ever, once.
 */
import { RaftctlError } from '../std/errors.ts';
import { executeKv, type KvClientOptions, type KvCommand } from './kv-client.ts';
import { type Reply, RespError } from './resp-reply.ts';

const ONCE_WORDS: ReadonlySet<string> = new Set(
  (
    'APPEND COPY DECR DECRBY DEL EXPIRE EXPIREAT FLUSHALL FLUSHDB GETDEL GETEX GETSET INCR INCRBY ' +
    'INCRBYFLOAT MSET MSETNX PERSIST PEXPIRE PEXPIREAT PSETEX RENAME RENAMENX SET SETEX SETNX ' +
    'SETRANGE UNLINK'
  ).split(' '),
);

export class WriteSession {
  #id: number | null = null;
  #sequence = 0;
  #isKnown = true;

  /**
   * @param ways asked before each request: which node is best to ask may have changed.
   * @throws {RaftctlError} what `executeKv` throws.
   */
  async execute(ways: () => KvClientOptions, command: KvCommand): Promise<Reply> {
    const name = String(command.args[0] ?? '').toUpperCase();
    if (!this.#isKnown || !command.isWrite || !ONCE_WORDS.has(name)) {
      return await executeKv(ways(), command);
    }
    const deadline = performance.now() + ways().timeoutMs;
    const left = (): KvClientOptions => {
      return { ...ways(), timeoutMs: Math.max(1, deadline - performance.now()) };
    };
    for (;;) {
      this.#id ??= await this.#open(left());
      if (this.#id === null) return await executeKv(left(), command);
      this.#sequence += 1;
      const args = ['ONCE', String(this.#id), String(this.#sequence), ...command.args];
      try {
        return await executeKv(left(), { args, isWrite: true, isOnce: true });
      } catch (error) {
        if (!(error instanceof RaftctlError) || error.code !== 'SESSION_EXPIRED') throw error;
        this.#id = null;
        // Nothing of it was under way: a new session takes it.
        if (error.cause !== undefined) throw error;
      }
    }
  }

  /** @returns null when the server has no sessions. */
  async #open(options: KvClientOptions): Promise<number | null> {
    try {
      const args = ['SESSION', 'OPEN'];
      const reply = await executeKv(options, { args, isWrite: false, isOnce: true });
      this.#sequence = 0;
      if (typeof reply === 'number') return reply;
      this.#isKnown = false;
      return null;
    } catch (error) {
      if (error instanceof RaftctlError && error.code === 'OUTCOME_UNKNOWN') throw notOpened(error);
      const isRefused = error instanceof RaftctlError && error.cause instanceof RespError;
      if (!isRefused || (error.cause as RespError).prefix !== 'ERR') throw error;
      this.#isKnown = false;
      return null;
    }
  }
}

/** A session that may have been opened is no write that may have happened. */
function notOpened(cause: RaftctlError): RaftctlError {
  return new RaftctlError('NO_LEADER', {
    message: 'No node opened a session for the write in time: it was not sent',
    hint: 'See who is down: raftctl cluster status',
    cause,
  });
}
