/**
 * Single commands to a kvstore cluster through whichever node answers.
 *
 * A command that may have reached a node is never sent again when it writes: its outcome is then
 * unknown, and saying so is the only honest answer; unless it bears a session (write-session.ts).
 * A read, or a command that was refused before it entered the log, moves on to the next node.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import { RespConnection } from './resp-connection.ts';
import { type Reply, RespError } from './resp-reply.ts';
import { type Argument, encodeCommand } from './resp-request.ts';

export interface KvClientOptions {
  /** Client addresses, tried in this order. */
  readonly endpoints: readonly string[];
  /** For the whole command, all nodes and retries together. */
  readonly timeoutMs: number;
  /** Where connections come from; left out, each attempt opens its own and closes it. */
  readonly take?: (address: string, timeoutMs: number) => Promise<RespConnection>;
  /** @param isGood the connection has answered what it was asked and can be asked again. */
  readonly release?: (connection: RespConnection, isGood: boolean) => void;
}

export interface KvCommand {
  readonly args: readonly Argument[];
  readonly isWrite: boolean;
  /** It bears a session: to be sent again is no danger (client/write-session.ts). */
  readonly isOnce?: boolean;
}

const RETRY_PAUSE_MS = 50;
/** What has been refused is not sent again with less time left than this. */
const LAST_ATTEMPT_MS_MIN = 100;
/**
 * A command that may be sent again waits for one node so long, or this share of its time: longer
 * than a node waits for a leader before it refuses.
 */
const ATTEMPT_MS_MIN = 2500;
const ATTEMPT_SHARE = 1 / 3;
/** Refusals that another node, or the same one a little later, may not repeat. */
const PASSING_REFUSALS: ReadonlySet<string> = new Set([
  'NOLEADER',
  'BUSY',
  'DISKFULL',
  'STOPPING',
  'MOVED',
  'LOADING',
]);

/** What became of one attempt. Only `refused` and `unreached` may be tried again for a write. */
type Attempt =
  | { readonly kind: 'answered'; readonly reply: Reply }
  | { readonly kind: 'refused'; readonly error: RespError }
  | { readonly kind: 'unreached'; readonly error: RaftctlError }
  | { readonly kind: 'lost'; readonly reason: string };

/**
 * Sends one command and returns its reply, which is never a passing refusal.
 *
 * @throws {RaftctlError} UNREACHABLE when no node accepts a connection.
 * @throws {RaftctlError} NO_LEADER when nodes answer but none can serve in time.
 * @throws {RaftctlError} OUTCOME_UNKNOWN when a write may or may not have happened.
 * @throws {RaftctlError} SESSION_EXPIRED when the session of the command is over.
 * @throws {RaftctlError} UNAUTHORIZED when it takes a token, or a wider one.
 * @throws {RaftctlError} REQUEST_REFUSED when a node says no for good.
 */
export async function executeKv(options: KvClientOptions, command: KvCommand): Promise<Reply> {
  const { endpoints, timeoutMs } = options;
  const deadline = performance.now() + timeoutMs;
  const bytes = encodeCommand(command.args);
  const isOnce = command.isOnce === true;
  const story = new Story(endpoints, timeoutMs);
  for (let turn = 0; ; turn += 1) {
    if (turn > 0 && turn % endpoints.length === 0) {
      if (story.isHopeless) throw story.trouble();
      await sleep(RETRY_PAUSE_MS);
    }
    const begun = performance.now();
    const leftMs = deadline - begun;
    // Rather an answer now than a write whose outcome is unknown because time ran out.
    if (leftMs <= 0 || leftMs < story.attemptMsMin) throw story.trouble();
    const address = endpoints[turn % endpoints.length] ?? '';
    const attemptMs = isOnce ? Math.max(ATTEMPT_MS_MIN, timeoutMs * ATTEMPT_SHARE) : leftMs;
    const attempt = await attemptOnce(options, address, bytes, Math.min(leftMs, attemptMs));
    const lost = lossOf(attempt);
    if (isOnce && lost !== null) story.unknown = lost;
    else if (attempt.kind === 'answered') return finalReply(attempt.reply, story.unknown);
    else if (attempt.kind === 'lost' && command.isWrite) throw unknownOutcome(attempt.reason);
    else story.note(attempt, performance.now() - begun);
  }
}

/** What became of the attempts so far. */
class Story {
  /** Why one of a command that may be sent again came to nothing that is known. */
  unknown: string | null = null;
  /** The longest that a node waited for a leader before it refused. */
  #refusalMs = 0;
  #refusal: RespError | null = null;
  #unreached: RaftctlError | null = null;
  readonly #endpoints: readonly string[];
  readonly #timeoutMs: number;

  constructor(endpoints: readonly string[], timeoutMs: number) {
    this.#endpoints = endpoints;
    this.#timeoutMs = timeoutMs;
  }

  /** Nobody was there at all. */
  get isHopeless(): boolean {
    return this.#refusal === null && this.#unreached !== null && this.unknown === null;
  }

  /** The time it takes to hear a refusal once more, and not only that time is up. */
  get attemptMsMin(): number {
    return this.#refusal === null ? 0 : Math.max(LAST_ATTEMPT_MS_MIN, this.#refusalMs * 1.5);
  }

  note(attempt: Attempt, tookMs: number): void {
    if (attempt.kind === 'unreached') this.#unreached = attempt.error;
    if (attempt.kind !== 'refused') return;
    this.#refusal = attempt.error;
    this.#refusalMs = Math.max(this.#refusalMs, tookMs);
  }

  trouble(): RaftctlError {
    if (this.unknown !== null) return unknownOutcome(this.unknown);
    if (this.#refusal === null) return noNodeAnswers(this.#endpoints, this.#unreached);
    return new RaftctlError('NO_LEADER', {
      message: `No node could serve the command within ${this.#timeoutMs} ms: ${this.#refusal.message}`,
      hint: 'See who is down: raftctl cluster status',
    });
  }
}

async function attemptOnce(
  options: KvClientOptions,
  address: string,
  bytes: Buffer,
  timeoutMs: number,
): Promise<Attempt> {
  const take = options.take ?? RespConnection.open;
  let connection: RespConnection;
  try {
    connection = await take(address, timeoutMs);
  } catch (error) {
    if (error instanceof RaftctlError && error.code !== 'UNAUTHORIZED') {
      return { kind: 'unreached', error };
    }
    throw error;
  }
  const attempt = await oneReply(connection, bytes, timeoutMs);
  const isGood = attempt.kind === 'answered' || attempt.kind === 'refused';
  if (options.release === undefined) connection.close();
  else options.release(connection, isGood);
  return attempt;
}

function oneReply(connection: RespConnection, bytes: Buffer, timeoutMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const lost = (reason: string): void => {
      clearTimeout(timer);
      resolve({ kind: 'lost', reason });
    };
    const timer = setTimeout(
      () => lost(`${connection.address} did not answer within ${Math.round(timeoutMs)} ms`),
      timeoutMs,
    );
    connection.listen({
      onReply: (reply) => {
        clearTimeout(timer);
        const isPassing = reply instanceof RespError && PASSING_REFUSALS.has(reply.prefix);
        resolve(isPassing ? { kind: 'refused', error: reply } : { kind: 'answered', reply });
      },
      onClose: () => lost(`${connection.address} closed the connection before it answered`),
    });
    connection.send(bytes, 1);
  });
}

/** @returns why nobody knows what became of it; null: the attempt tells. */
function lossOf(attempt: Attempt): string | null {
  if (attempt.kind === 'lost') return attempt.reason;
  return attempt.kind === 'answered' ? unknownOf(attempt.reply) : null;
}

/** @returns the words of a node that does not know what became of a write; null: it does. */
function unknownOf(reply: Reply): string | null {
  return reply instanceof RespError && reply.prefix === 'UNKNOWN' ? reply.message : null;
}

/** @param unknown why an earlier attempt may have happened; null: there was none, or it did not. */
function finalReply(reply: Reply, unknown: string | null): Reply {
  if (!(reply instanceof RespError)) return reply;
  if (unknownOf(reply) !== null) throw unknownOutcome(reply.message);
  if (reply.prefix === 'SESSIONEXPIRED') {
    const earlier =
      unknown === null ? 'It did not happen' : `An attempt before was lost: ${unknown}`;
    throw new RaftctlError('SESSION_EXPIRED', {
      message: `The session of the write is over. ${earlier}`,
      hint: 'Read the key to find out what holds, then write again',
      ...(unknown === null ? {} : { cause: reply }),
    });
  }
  const message = `The node refused: ${reply.message}`;
  if (reply.prefix === 'NOAUTH' || reply.prefix === 'NOPERM') {
    throw new RaftctlError('UNAUTHORIZED', {
      message,
      hint: 'Name a file with a token, or a wider one: --token-file FILE',
    });
  }
  throw new RaftctlError('REQUEST_REFUSED', { message, cause: reply });
}

function unknownOutcome(reason: string): RaftctlError {
  return new RaftctlError('OUTCOME_UNKNOWN', {
    message: `The write may or may not have happened: ${reason}`,
    hint: 'Read the key to find out; sending the write again may apply it twice',
  });
}

function noNodeAnswers(endpoints: readonly string[], last: RaftctlError | null): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `No node answers at ${endpoints.join(', ')}: ${last?.message ?? 'connections were lost'}`,
    hint: 'See what runs: raftctl cluster ls',
    cause: last,
  });
}
