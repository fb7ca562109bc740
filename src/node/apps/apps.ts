/** The apps a node can run, by name; each with client sessions before it. */
import { decodeKvAnswer, encodeKvAnswer } from '../../wire/apps/kv-answer.ts';
import type { KvAnswer } from '../../wire/apps/kvstore.ts';
import { SESSION_LIMITS, type SessionLimits } from '../../wire/apps/session.ts';
import type { AppName } from '../../wire/node-config.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import { Chatroom } from './chatroom.ts';
import { KvStore } from './kvstore.ts';
import { type AnswerCodec, SessionMachine } from './session-machine.ts';

const KV_ANSWERS: AnswerCodec = {
  encode: (answer) => encodeKvAnswer(answer as KvAnswer),
  decode: decodeKvAnswer,
};

const FACTORIES = {
  kvstore: { make: (): StateMachine => new KvStore(), answers: KV_ANSWERS },
  chatroom: { make: (): StateMachine => new Chatroom(), answers: KV_ANSWERS },
} as const satisfies Readonly<Record<AppName, unknown>>;

/** Makes an app with an empty state; `around` may wrap it, inside its sessions. */
export function createApp(
  name: AppName,
  limits: SessionLimits = SESSION_LIMITS,
  around: (app: StateMachine) => StateMachine = (app) => app,
): StateMachine {
  const { make, answers } = FACTORIES[name];
  return new SessionMachine(around(make()), answers, limits);
}
