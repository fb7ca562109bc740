/** What goraft's stress program compares: logs and states with what was inserted. */
import type { Daemon } from '../node/daemon.ts';
import { RaftctlError } from '../std/errors.ts';
import { decodeDemoEntry } from '../wire/dialects/raft-demo-entry.ts';

export interface Entry {
  readonly op: 'get' | 'set' | 'delete';
  readonly key: string;
  readonly value: string;
}

export type CheckedServer = Pick<Daemon, 'id' | 'view'>;

/** A server does not hold what it must. */
export class StressFailure extends Error {}

/** Done to the last server's log before it is compared: the comparison must find it. */
export interface Fault {
  readonly kind: 'drop' | 'reorder' | 'corrupt';
  /** Of the entries, from 1. */
  readonly entry: number;
}

interface Logged extends Entry {
  readonly index: number;
}

/** @throws {RaftctlError} USAGE */
export function parseFault(text: string): Fault | null {
  if (text === '') return null;
  const [, kind, entry] = /^(drop|reorder|corrupt):([1-9]\d{0,8})$/.exec(text) ?? [];
  if (kind === undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot read -fault ${JSON.stringify(text)}`,
      hint: 'Say drop:N, reorder:N or corrupt:N, N an entry from 1',
    });
  }
  return { kind: kind as Fault['kind'], entry: Number(entry) };
}

/**
 * Every log holds what every client has inserted, in its order, and nothing else; and all logs are
 * in one order. @throws {StressFailure} naming server, entry and index.
 */
export async function validateLogs(
  servers: readonly CheckedServer[],
  perClient: readonly (readonly Entry[])[],
  fault: Fault | null,
): Promise<void> {
  let agreed: readonly Logged[] | null = null;
  for (const [at, { id, view }] of servers.entries()) {
    const commands = await view.commands();
    const read = commands.map(({ index, bytes }): Logged => {
      const entry = decodeDemoEntry(bytes, 0, bytes.length);
      return { index, op: entry?.op ?? 'delete', key: entry?.key ?? '', value: entry?.value ?? '' };
    });
    const logged = fault !== null && at === servers.length - 1 ? damaged(read, fault) : read;
    compare(id, logged, agreed ?? merged(logged, perClient));
    agreed ??= logged;
  }
}

/** What the first log should be: each client's entries in their order, taken as they come. */
function merged(
  logged: readonly Logged[],
  perClient: readonly (readonly Entry[])[],
): readonly Entry[] {
  const [only] = perClient;
  if (perClient.length === 1 && only !== undefined) return only;
  const clientOf = new Map<string, number>();
  for (const [client, entries] of perClient.entries()) {
    for (const { key } of entries) clientOf.set(key, client);
  }
  const next = perClient.map(() => 0);
  const wanted: Entry[] = [];
  for (const { key } of logged) {
    const client = clientOf.get(key) ?? 0;
    const entry = perClient[client]?.[next[client] ?? 0];
    if (entry === undefined) break;
    next[client] = (next[client] ?? 0) + 1;
    wanted.push(entry);
  }
  return [...wanted, ...perClient.flatMap((entries, client) => entries.slice(next[client]))];
}

function compare(server: string, logged: readonly Logged[], wanted: readonly Entry[]): void {
  const count = Math.max(logged.length, wanted.length);
  for (let at = 0; at < count; at += 1) {
    const [found, want] = [logged[at], wanted[at]];
    if (found?.key === want?.key && found?.value === want?.value && found?.op === want?.op)
      continue;
    const where = `Server ${server}, entry ${at + 1}, log index ${found?.index ?? 'none'}`;
    throw new StressFailure(`${where}: expected ${shown(want)}, found ${shown(found)}`);
  }
}

function shown(entry: Entry | undefined): string {
  return entry === undefined ? 'nothing' : `${entry.op} ${entry.key} ${entry.value}`.trim();
}

function damaged(logged: readonly Logged[], { kind, entry }: Fault): readonly Logged[] {
  const copy = [...logged];
  const [at, next] = [entry - 1, entry % copy.length];
  const [one, other] = [copy[at], copy[next]];
  if (one === undefined || other === undefined) {
    throw new StressFailure(`There is no entry ${entry} to ${kind}`);
  }
  if (kind === 'drop') copy.splice(at, 1);
  else if (kind === 'corrupt') copy[at] = { ...one, value: `${one.value}?` };
  else [copy[at], copy[next]] = [other, one];
  return copy;
}

/** Every state machine has every key. @throws {StressFailure} */
export function validateStates(servers: readonly CheckedServer[], entries: readonly Entry[]): void {
  for (const { id, view } of servers) {
    for (const { key, value } of entries) {
      const found = view.query(key);
      if (found === value) continue;
      throw new StressFailure(`Server ${id}: ${key} is ${String(found)}, expected ${value}`);
    }
  }
}
