/** What the connections of a server share. */
import type { RespError } from '../../wire/dialects/resp-reply.ts';
import type { ReplicaFrontDoor } from '../replica/contract.ts';
import type { ServerLimits } from './limits.ts';
import type { RespCommand, RespRequest, ServerFacts } from './resp-session.ts';
import type { Turns } from './turns.ts';

export interface RespContext {
  readonly replica: ReplicaFrontDoor;
  readonly turns: Turns;
  readonly limits: ServerLimits;
  readonly facts: ServerFacts;
  /** The command a request names, or why it cannot be run. */
  readonly find: (request: RespRequest) => RespCommand | RespError;
  /** Adds to the count of bytes in cut-off requests. @returns whether that is within the cap. */
  unparsed(changeBytes: number): boolean;
}
