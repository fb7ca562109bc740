/**
 * Commands of raft-demo's programs as they lie in the log, whatever app applies them: two bytes,
 * and the message `Command` of wire/dialects/raft-demo-command.ts as the client sent it (lines of
 * text are turned into one).
 *
 * ```
 *  u8  format   KV_FORMAT
 *  u8  opcode   KV_OP.demo
 *  Command, up to the end
 * ```
 * What the app answers: a string for a value (also an empty one, for a key that is not there),
 * KV_OK for what was done, a KvError for what was refused.
 */
import { type Bytes, bytesFrom, concatBytes } from '../../std/bytes.ts';
import { KV_FORMAT, KV_OP, KvError } from '../apps/kvstore.ts';
import { type DemoCommand, decodeDemoCommand, encodeDemoCommand } from './raft-demo-command.ts';
import type { DemoGeneration } from './raft-demo-stream.ts';

export const DEMO_HEAD_BYTES = 2;
const HEAD = bytesFrom(String.fromCharCode(KV_FORMAT, KV_OP.demo), 'latin1');

export function encodeDemoEntry(command: DemoCommand): Bytes {
  return concatBytes([HEAD, encodeDemoCommand(command)]);
}

export function isDemoEntry(bytes: Bytes, start: number, end: number): boolean {
  return (
    end - start >= DEMO_HEAD_BYTES && bytes[start] === KV_FORMAT && bytes[start + 1] === KV_OP.demo
  );
}

/** @returns null when it is none, or makes no sense. */
export function decodeDemoEntry(bytes: Bytes, start: number, end: number): DemoCommand | null {
  if (!isDemoEntry(bytes, start, end)) return null;
  return decodeDemoCommand(bytes, start + DEMO_HEAD_BYTES, end);
}

/** Answers of the protocol, latin1: A's go over the connection, those of B and C by UDP. */
export function demoAnswer(
  generation: DemoGeneration,
  { op }: DemoCommand,
  answer: unknown,
): string {
  if (answer instanceof KvError) return demoFailure(answer.text);
  const value = typeof answer === 'string' ? answer : '';
  if (generation === 'C') return `OK: ${value}\n`;
  return op === 'get' ? `${value}\n` : 'OK\n';
}

/** Raft-demo has no word for what went wrong: it crashes, or is silent. */
export function demoFailure(reason: string): string {
  return `ERROR: ${reason}\n`;
}

export const DEMO_NONSENSE = '404-cmd not found\n';
