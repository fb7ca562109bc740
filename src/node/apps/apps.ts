/** The apps a node can run, by name; each with client sessions before it. */
import { assert } from '../../std/assert.ts';
import { decodeKvAnswer, encodeKvAnswer } from '../../wire/apps/kv-answer.ts';
import type { KvAnswer } from '../../wire/apps/kvstore.ts';
import { SESSION_LIMITS, type SessionLimits } from '../../wire/apps/session.ts';
import type { AppName } from '../../wire/node-config.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import { Chatroom } from './chatroom.ts';
import { DiskStorage, type DiskStorageParts } from './diskstorage.ts';
import { KvStore } from './kvstore.ts';
import { type AnswerCodec, SessionMachine } from './session-machine.ts';

const KV_ANSWERS: AnswerCodec = {
  encode: (answer) => encodeKvAnswer(answer as KvAnswer),
  decode: decodeKvAnswer,
};

/** What apps need besides memory. */
export interface AppParts {
  readonly diskStorage?: DiskStorageParts;
  /** Wraps the app, inside its sessions. */
  readonly around?: (app: StateMachine) => StateMachine;
}

const FACTORIES = {
  kvstore: { make: (): StateMachine => new KvStore(), answers: KV_ANSWERS },
  diskstorage: {
    make: ({ diskStorage }: AppParts) => newDiskStorage(diskStorage),
    answers: KV_ANSWERS,
  },
  chatroom: { make: (): StateMachine => new Chatroom(), answers: KV_ANSWERS },
} as const satisfies Readonly<Record<AppName, unknown>>;

/** Makes an app with an empty state. */
export function createApp(
  name: AppName,
  limits: SessionLimits = SESSION_LIMITS,
  parts: AppParts = {},
): StateMachine {
  const { make, answers } = FACTORIES[name];
  const { around = (app) => app } = parts;
  return new SessionMachine(around(make(parts)), answers, limits);
}

function newDiskStorage(parts: DiskStorageParts | undefined): StateMachine {
  assert(parts !== undefined, 'diskstorage has a file');
  return new DiskStorage(parts);
}
