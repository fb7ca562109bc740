/**
 * raft-demo's load generator: clients in a closed loop, half of the requests sets, half gets, and a
 * thinking time between them. Latencies are those of the first client, whole nanoseconds, of its
 * first request and of one in a hundred after that; or, if wished for, of a share of all clients'.
 */
import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import { demoRequest } from '../wire/dialects/raft-demo-command.ts';
import { UDP_PORT } from './client.ts';
import type { DemoConfig } from './demo-config.ts';
import { DemoReplicas } from './demo-replicas.ts';
import { runMaxWrites } from './loadgen-writes.ts';
import type { OldLine } from './old-flags.ts';
import { demoConfigFor } from './pod-clients.ts';
import { POD_WAIT_FLAG } from './pod-servers.ts';
import { type AsContext, numberOf, type OldProgram, textOf } from './program.ts';

/** Bytes of a value, by -data. */
export const DATA_BYTES = [128, 1024, 4096] as const;
const THINKING_MS = 10;
const SAMPLED_SHARE = 0.01;
const TESTS = ['TestNumMessagesKvstore', 'TestClientTimeKvstore', 'TestMaxWritesByClientTime'];

export const LOADGEN: OldProgram = {
  name: 'loadgen',
  system: 'raft-demo',
  about: 'Load for kvstore and diskstorage, by number of requests or by time.',
  examples: [
    'loadgen -clients 4 -req 50 -key 1000000 -data 1 -config client-config.toml',
    'loadgen -clients 4 -time 60 -key 1000000 -data 1',
    'loadgen -run TestMaxWritesByClientTime -time 60',
  ],
  flags: [
    { name: 'clients', kind: 'number', default: '0', about: 'concurrent clients' },
    { name: 'req', kind: 'number', default: '0', about: 'requests of each client' },
    { name: 'time', kind: 'number', default: '0', about: 'seconds, where there is no -req' },
    { name: 'key', kind: 'number', default: '0', about: 'keys are 0 up to this' },
    {
      name: 'data',
      kind: 'number',
      default: '-1',
      about: 'values of 0: 128, 1: 1024, 2: 4096 bytes',
    },
    {
      ...{ name: 'log', kind: 'text', default: 'true', options: ['true', 'false', '1', '0'] },
      about: 'write the file of latencies',
    },
    { name: 'config', kind: 'text', default: 'client-config.toml', about: 'its configuration' },
    {
      ...{ name: 'run', kind: 'text', default: '', options: TESTS },
      about: 'the test by its name; usually as -req or -time says',
    },
    {
      ...{ name: 'writesfile', kind: 'text', default: '/tmp/log-max-test.txt' },
      about: 'where the test of writes writes',
    },
    POD_WAIT_FLAG,
    {
      ...{ name: 'sample', kind: 'number', default: '0', env: 'RAFTCTL_SAMPLE' },
      about: 'percent of the requests of all clients that are measured; 0: 1 % of the first one',
    },
    {
      ...{ name: 'timeout', kind: 'number', default: '1000', env: 'RAFTCTL_ANSWER_TIMEOUT' },
      about: 'milliseconds an answer is waited for; the original waits for ever',
    },
  ],
  run: (line, context) => {
    return textOf(line, 'run') === TESTS[2] ? runMaxWrites(line, context) : runLoad(line, context);
  },
};

interface Load {
  readonly clients: number;
  /** Of each client; 0: until the time is over. */
  readonly requests: number;
  readonly seconds: number;
  readonly keys: number;
  readonly value: string;
  /** Of all clients' requests; null: as the original does. */
  readonly sampledShare: number | null;
  readonly timeoutMs: number;
  readonly thinkingMs: number;
}

interface Totals {
  sent: number;
  lost: number;
  latenciesNs: bigint[];
}

async function runLoad(line: OldLine, context: AsContext): Promise<number> {
  const load = loadOf(line);
  const config = await demoConfigFor(line, context);
  const thinkingMs = config.thinkingTimeMsec ?? THINKING_MS;
  const clients = await openClients(load.clients, config);
  const totals: Totals = { sent: 0, lost: 0, latenciesNs: [] };
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  const begunMs = performance.now();
  try {
    const endMs = load.requests > 0 ? Number.POSITIVE_INFINITY : begunMs + load.seconds * 1000;
    await Promise.all(
      clients.map((replicas, number) =>
        drive(
          { load: { ...load, thinkingMs }, totals, replicas, number, endMs, stop: stop.signal },
          config,
        ),
      ),
    );
  } finally {
    for (const client of clients) client.close();
    process.removeListener('SIGINT', abort);
    process.removeListener('SIGTERM', abort);
  }
  const seconds = (performance.now() - begunMs) / 1000;
  if (textOf(line, 'log') === 'true' || textOf(line, 'log') === '1') {
    const file = resolve(context.cwd, `${load.clients}c-latency.out`);
    appendFileSync(file, totals.latenciesNs.map((ns) => `${ns}\n`).join(''));
  }
  const answered = totals.sent - totals.lost;
  context.print(
    `Executed ${totals.sent} requests of ${load.clients} clients in ${seconds.toFixed(1)} seconds: ` +
      `${Math.round(answered / seconds)} answers/s, ${totals.lost} lost`,
  );
  return answered > 0 ? 0 : 1;
}

/** @throws {RaftctlError} USAGE */
export function loadOf(line: OldLine): Load {
  const [clients, requests, seconds] = [
    numberOf(line, 'clients'),
    numberOf(line, 'req'),
    numberOf(line, 'time'),
  ];
  const keys = numberOf(line, 'key');
  const size = DATA_BYTES[numberOf(line, 'data')];
  if (clients < 1) throw refusal(`-clients is how many there are, at least 1, not ${clients}`);
  if (keys < 1) throw refusal(`-key is the number of keys, at least 1, not ${keys}`);
  if (size === undefined) throw refusal(`-data is 0, 1 or 2, not ${numberOf(line, 'data')}`);
  if (requests < 1 && seconds < 1) throw refusal('there is neither -req nor -time');
  const percent = numberOf(line, 'sample');
  if (percent > 100) throw refusal(`-sample is a percentage, at most 100, not ${percent}`);
  const byTime = textOf(line, 'run') === TESTS[1] || requests < 1;
  return {
    ...{ clients, seconds, keys, value: '@'.repeat(size), thinkingMs: THINKING_MS },
    sampledShare: percent > 0 ? percent / 100 : null,
    requests: byTime && seconds > 0 ? 0 : requests,
    timeoutMs: numberOf(line, 'timeout'),
  };
}

/** All of them, before any of them begins. */
async function openClients(count: number, config: DemoConfig): Promise<readonly DemoReplicas[]> {
  const first = config.udpport ?? UDP_PORT;
  const opened = await Promise.allSettled(
    Array.from({ length: count }, (_, i) => DemoReplicas.open({ ...config, udpport: first + i })),
  );
  const clients = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed === undefined) return clients;
  for (const client of clients) client.close();
  throw failed.reason;
}

interface Client {
  readonly load: Load;
  readonly totals: Totals;
  readonly replicas: DemoReplicas;
  readonly number: number;
  readonly endMs: number;
  readonly stop: AbortSignal;
}

async function drive(client: Client, { udpport }: DemoConfig): Promise<void> {
  const { load, totals, replicas, number, endMs, stop } = client;
  const ip = String((udpport ?? UDP_PORT) + number);
  for (let i = 0; !stop.aborted && performance.now() < endMs; i += 1) {
    if (load.requests > 0 && i >= load.requests) return;
    const key = String(Math.floor(Math.random() * load.keys));
    const isSet = Math.random() < 0.5;
    const request = demoRequest({
      ip,
      key,
      ...(isSet ? { op: 'set', value: load.value } : { op: 'get' }),
    });
    const isSampled = samples(load, number, i);
    const begunNs = process.hrtime.bigint();
    const answer = await replicas.ask(request.toString('latin1'), load.timeoutMs);
    totals.sent += 1;
    if (answer === null) totals.lost += 1;
    else if (isSampled) totals.latenciesNs.push(process.hrtime.bigint() - begunNs);
    const pauseMs = Math.floor(Math.random() * (load.thinkingMs + 1));
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

function samples({ sampledShare }: Load, client: number, request: number): boolean {
  if (sampledShare !== null) return Math.random() < sampledShare;
  return client === 0 && (request === 0 || Math.random() < SAMPLED_SHARE);
}

export function refusal(why: string): RaftctlError {
  return new RaftctlError('USAGE', {
    message: `Cannot read the command line of loadgen: ${why}`,
    hint: `For example: raftctl as ${LOADGEN.examples[0]}`,
  });
}
