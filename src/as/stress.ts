/**
 * goraft's stress program: three servers in one process, with real sockets and files; entries are
 * inserted, and then every log and every state is compared with what was inserted: at once, after a
 * restart of all, and after one has lost its data.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import { Prng } from '../std/prng.ts';
import type { OldLine } from './old-flags.ts';
import { type AsContext, numberOf, type OldProgram, textOf } from './program.ts';
import { insertAll, readOne } from './stress-clients.ts';
import { StressServers } from './stress-servers.ts';
import {
  type Entry,
  type Fault,
  parseFault,
  StressFailure,
  validateLogs,
  validateStates,
} from './stress-validation.ts';

const POLL_MS = 100;
const SAY_MS = 1000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TEXT_LENGTH = 16;
const SEED = 0;
/** Between the deletion of a log and the comparison, as in the original. */
const RECOVERY_MS = 5000;
/** What takes longer than this will not come any more. */
const PATIENCE_MS = 120_000;

export const STRESS: OldProgram = {
  name: 'stress',
  system: 'goraft',
  about: 'Three servers, entries, and a comparison of all they hold.',
  examples: ['stress', 'stress -entries 50000', 'stress -entries 50000 -down 1'],
  flags: [
    { name: 'clients', kind: 'number', default: '1', about: 'concurrent clients' },
    { name: 'entries', kind: 'number', default: '1', about: 'entries of all clients together' },
    { name: 'batch', kind: 'number', default: '8000', about: 'entries that wait for one another' },
    { name: 'pause', kind: 'number', default: '0', about: 'milliseconds between batches' },
    {
      name: 'down',
      kind: 'number',
      default: '0',
      about: 'servers that are never started, at most 1',
    },
    {
      name: 'fault',
      kind: 'text',
      default: '',
      about: 'drop:N, reorder:N or corrupt:N: an entry of the last server, to see that it is found',
    },
    {
      name: 'port',
      kind: 'number',
      default: '2020',
      about: 'the first of three Raft ports; clients 10 higher',
    },
  ],
  run: runStress,
};

interface Stress {
  readonly servers: StressServers;
  readonly context: AsContext;
  readonly fault: Fault | null;
  readonly pauseMs: number;
}

async function runStress(line: OldLine, context: AsContext): Promise<number> {
  const [clients, entries, batch] = [
    numberOf(line, 'clients'),
    numberOf(line, 'entries'),
    numberOf(line, 'batch'),
  ];
  const down = numberOf(line, 'down');
  const isPossible =
    clients >= 1 && entries >= clients && batch >= clients && (down === 0 || down === 1);
  if (!isPossible) {
    throw new RaftctlError('USAGE', {
      message:
        'Cannot stress so: -clients is at least 1, -entries and -batch no fewer, -down 0 or 1',
    });
  }
  const fault = parseFault(textOf(line, 'fault'));
  const servers = new StressServers({ context, firstPort: numberOf(line, 'port'), down });
  const stress = { servers, context, fault, pauseMs: numberOf(line, 'pause') };
  const perClient = shared(randomEntries(entries), clients);
  try {
    await play(stress, perClient, Math.max(1, Math.floor(batch / clients)));
    context.print('ok');
    return 0;
  } catch (error) {
    if (!(error instanceof StressFailure)) throw error;
    context.say(error.message);
    return 1;
  } finally {
    await servers.stop();
  }
}

async function play(stress: Stress, perClient: Entry[][], batch: number): Promise<void> {
  const { servers, context } = stress;
  await servers.found();
  await leaderOf(stress);
  const count = perClient.reduce((sum, entries) => sum + entries.length, 0);
  context.print(`Clients: ${perClient.length}. Entries: ${count}. Batch: ${batch}.`);
  await insertAll({ ...stress, perClient, batch });
  await sleep(SAY_MS);
  await validate(stress, perClient);
  validateStates(servers.running, perClient.flat());

  context.print('Validating get.');
  const first = perClient[0]?.[0] as Entry;
  const value = await readOne(await leaderOf(stress), first.key);
  context.print(`${first.key} = ${value}, expected: ${first.value}`);
  if (value !== first.value) throw new StressFailure(`A get of ${first.key} gave ${value}`);
  // A get is an entry too.
  perClient[0]?.push({ op: 'get', key: first.key, value: '' });

  context.print('Testing shutdown and restart still holds all values.');
  await servers.restart();
  await leaderOf(stress);
  context.print('Found a leader, validating entries.');
  await validate(stress, perClient);

  context.print('Testing deleted log file on one server still recovers entries.');
  await servers.restartWithout();
  await leaderOf(stress);
  await sleep(RECOVERY_MS);
  await validate(stress, perClient);
}

/** Waits until one leads that knows all that is committed: after a restart nobody does at first. */
async function leaderOf({ servers, context }: Stress): Promise<string> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    const { leader } = servers;
    if (leader !== null) return leader.clientAddress;
    if (waitedMs % SAY_MS === 0) context.print('Waiting for a leader.');
    await sleep(POLL_MS);
  }
  throw new StressFailure('Nobody leads');
}

/** Waits until every server has applied all it knows of, then compares the logs. */
async function validate({ servers, context, fault }: Stress, perClient: Entry[][]): Promise<void> {
  const goal = Math.max(...servers.running.map(({ view }) => view.commitIndex));
  for (const { id, view } of servers.running) {
    for (let waitedMs = 0; view.appliedIndex < goal; waitedMs += POLL_MS) {
      if (waitedMs % SAY_MS === 0) {
        const percent = Math.floor((100 * view.appliedIndex) / goal);
        context.print(`Waiting for commits to be applied (${percent}%)`);
      }
      if (waitedMs > PATIENCE_MS) {
        throw new StressFailure(`Server ${id}: applied ${view.appliedIndex} of ${goal} entries`);
      }
      await sleep(POLL_MS);
    }
    context.print(`Server ${id}. All commits applied.`);
  }
  context.print('Validating all entries.');
  await validateLogs(servers.running, perClient, fault);
}

function randomEntries(count: number): Entry[] {
  const prng = new Prng(SEED);
  const text = (): string =>
    Array.from({ length: TEXT_LENGTH }, () => LETTERS[prng.u32() % LETTERS.length]).join('');
  return Array.from({ length: count }, () => ({ op: 'set' as const, key: text(), value: text() }));
}

function shared(entries: readonly Entry[], clients: number): Entry[][] {
  const each = Math.ceil(entries.length / clients);
  return Array.from({ length: clients }, (_, i) => entries.slice(i * each, (i + 1) * each)).filter(
    (part) => part.length > 0,
  );
}
