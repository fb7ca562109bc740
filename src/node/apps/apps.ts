/** The apps a node can run, by name. */
import type { StateMachine } from '../ports/state-machine.ts';
import { KvStore } from './kvstore.ts';

const FACTORIES = {
  kvstore: (): StateMachine => new KvStore(),
} as const;

export type AppName = keyof typeof FACTORIES;

/** Makes an app with an empty state. */
export function createApp(name: AppName): StateMachine {
  return FACTORIES[name]();
}
