/** What a store promises: which operations it has, and what its keys hold at the start. */
import type { ActionKind, Operation, Value } from './history.ts';

export const MODEL_NAMES = ['register', 'cas-register', 'kv'] as const;

export type ModelName = (typeof MODEL_NAMES)[number];

export interface Model {
  readonly name: ModelName;
  /** What every key holds before the first operation. */
  readonly initial: Value;
}

const KINDS: Readonly<Record<ModelName, readonly ActionKind[]>> = {
  register: ['get', 'put'],
  'cas-register': ['get', 'put', 'cas'],
  kv: ['get', 'put', 'cas', 'append', 'del', 'incr'],
};

export function modelNamed(name: ModelName, initial: Value = null): Model {
  return { name, initial };
}

/** The smallest model that has all these operations. */
export function modelOf(operations: readonly Operation[]): ModelName {
  const kinds = new Set(operations.map(({ action }) => action.kind));
  const fits = (name: ModelName): boolean => [...kinds].every((kind) => KINDS[name].includes(kind));
  return MODEL_NAMES.find(fits) ?? 'kv';
}

/** The first operation that the model does not have. */
export function foreignTo(model: Model, operations: readonly Operation[]): Operation | null {
  return operations.find(({ action }) => !KINDS[model.name].includes(action.kind)) ?? null;
}
