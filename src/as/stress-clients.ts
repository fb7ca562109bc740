/** The clients of goraft's stress program: batches of entries, to whoever leads. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { splitAddress } from '../client/address.ts';
import type { AsContext } from './program.ts';
import type { StressServers } from './stress-servers.ts';
import { type Entry, StressFailure } from './stress-validation.ts';

const PATIENCE_MS = 60_000;
const DONE = 'OK\n';

export interface InsertInit {
  readonly servers: StressServers;
  readonly context: AsContext;
  readonly perClient: readonly (readonly Entry[])[];
  readonly batch: number;
  readonly pauseMs: number;
}

/** @throws {StressFailure} when an entry is not taken, or another server leads afterwards. */
export async function insertAll(init: InsertInit): Promise<void> {
  const { context, perClient } = init;
  const latencies = await Promise.all(perClient.map((entries, i) => insert(init, entries, i)));
  const totalMs = latencies.flat().reduce((sum, ms) => sum + ms, 0);
  const count = perClient.reduce((sum, entries) => sum + entries.length, 0);
  const rate = Math.round((count * perClient.length) / (totalMs / 1000));
  context.print(
    `Total time: ${shown(totalMs)}. Average insert/second: ${shown(totalMs / count)}. ` +
      `Throughput: ${rate} entries/s.`,
  );
}

async function insert(
  { servers, context, batch, pauseMs }: InsertInit,
  entries: readonly Entry[],
  client: number,
): Promise<number[]> {
  const latenciesMs: number[] = [];
  const { leader } = servers;
  if (leader === null) throw new StressFailure('Nobody leads');
  for (let from = 0; from < entries.length; from += batch) {
    const part = entries.slice(from, from + batch);
    const lines = part.map(({ key, value }) => `set-${key}-${value}\n`).join('');
    const begunMs = performance.now();
    const answer = await ask(leader.clientAddress, lines, DONE.length * part.length);
    const latencyMs = performance.now() - begunMs;
    if (answer !== DONE.repeat(part.length)) {
      throw new StressFailure(`Server ${leader.id} did not take all entries: ${wrongOf(answer)}`);
    }
    if (servers.leader?.id !== leader.id) {
      throw new StressFailure(`Server ${leader.id} does not lead any more`);
    }
    latenciesMs.push(latencyMs);
    const done = from + part.length;
    context.print(
      `Client: ${client}. ${part.length} entries (${done} of ${entries.length}: ` +
        `${Math.floor((100 * done) / entries.length)}%) inserted. Latency: ${shown(latencyMs)}. ` +
        `Throughput: ${Math.round(part.length / (latencyMs / 1000))} entries/s.`,
    );
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return latenciesMs;
}

/** A get through the log. */
export async function readOne(address: string, key: string): Promise<string> {
  const answer = await ask(address, `get-${key}\n`, Number.POSITIVE_INFINITY);
  return answer.replace(/\n$/, '');
}

/** Sends it all, and takes answers up to that length or to the end of the connection. */
function ask(address: string, text: string, length: number): Promise<string> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    const parts: string[] = [];
    let have = 0;
    const socket = connect({ host, port, noDelay: true, timeout: PATIENCE_MS });
    const end = (): void => {
      socket.destroy();
      resolve(parts.join(''));
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.end(text, 'latin1'));
    socket.on('data', (chunk: string) => {
      parts.push(chunk);
      have += chunk.length;
      if (have >= length) end();
    });
    socket.on('end', end);
    socket.on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('error', (error) => reject(new StressFailure(`${address}: ${error.message}`)));
  });
}

function wrongOf(answer: string): string {
  const wrong = answer.split('\n').find((line) => line !== 'OK' && line !== '');
  return wrong ?? 'answers are missing';
}

function shown(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(3)}s`;
  return ms >= 1 ? `${ms.toFixed(3)}ms` : `${(ms * 1000).toFixed(3)}us`;
}
