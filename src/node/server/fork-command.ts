/** What all Redis commands of hraftd's fork share: checks, refusals, replies. */
import { KvError } from '../../wire/apps/kvstore.ts';
import { bulkReply, errorReply, OK_REPLY, RespError } from '../../wire/dialects/resp-reply.ts';
import { encoder } from './resp-arguments.ts';
import { type RespCommand, type RespRequest, type RespSession, STARTED } from './resp-session.ts';

const PART_BYTES_MAX = 1024;

export const TOO_FEW = new RespError('ERROR Not enough arguments for the command');
export const UNKNOWN = new RespError('ERROR Method is not supported');
export const BAD_PARAM = new RespError('ERROR invalid command param');
export const NOT_INTEGER = new RespError('ERROR value is not an integer or out of range');
const BAD_SIZE = new RespError(`ERROR key and member are 1 to ${PART_BYTES_MAX} bytes`);

type Run = (session: RespSession, request: RespRequest) => ReturnType<RespCommand['run']>;

/** @param parts arguments that are keys or members: they have a least and a greatest size. */
export function command(
  name: string,
  init: {
    readonly arguments: number;
    readonly kind: RespCommand['kind'];
    readonly triable?: true;
    readonly parts?: readonly number[];
    readonly run: Run;
  },
): RespCommand {
  return {
    name,
    arity: -1 - init.arguments,
    kind: init.kind,
    ...(init.triable ? { triable: true } : {}),
    flags: [],
    keys: [0, 0, 0],
    run(session, request) {
      for (const part of init.parts ?? []) {
        const size = request.argSize(part);
        if (size < 1 || size > PART_BYTES_MAX) return BAD_SIZE;
      }
      if (init.kind === 'write' && session.facts.isFollower()) return notLeader(session, name);
      return init.run(session, request);
    },
  };
}

export function leaderAddress(session: RespSession): string {
  const { leader, members } = session.facts.status();
  return members.find((member) => member.id === leader)?.peerAddress ?? '';
}

function notLeader(session: RespSession, name: string): RespError {
  return new RespError(
    name === 'DEL' ? 'ERROR not leader' : `ERROR not leader ${leaderAddress(session)}`,
  );
}

/** An error of the app in the fork's words; null: it is none. */
export function failure(answer: unknown): string | null {
  return answer instanceof KvError ? errorReply(`ERROR ${answer.text}`) : null;
}

/** How the app's answer becomes a reply; made once a command, not once a request. */
export function replying(done: (answer: unknown) => string): (answer: unknown) => string {
  return (answer) => failure(answer) ?? done(answer);
}

export const OK = replying(() => OK_REPLY);
export const INTEGER = replying((answer) => `:${String(answer)}\r\n`);
const ONE = replying(() => ':1\r\n');

/** Of a write that says how many members it changed: the fork says 1. */
export function countReply(strict: boolean): (answer: unknown) => string {
  return strict ? INTEGER : ONE;
}

/** Proposes what is in the encoder. */
export function write(session: RespSession, reply: (answer: unknown) => string): typeof STARTED {
  session.proposeApart(encoder.view(), reply);
  return STARTED;
}

export function listOf(texts: readonly string[]): string {
  return `*${texts.length}\r\n${texts.map(bulkReply).join('')}`;
}
