/** raft-demo's recovery client: fetches an application log, installs it, and tells how long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { askRecordLog, intervalOf } from '../client/record-log.ts';
import { type Bytes, concatBytes, latin1Slice, NO_BYTES } from '../std/bytes.ts';
import { RaftctlError } from '../std/errors.ts';
import { DemoScanner, RECORD_HEAD_BYTES } from '../wire/dialects/raft-demo-command.ts';
import { addressOf } from './node-flags.ts';
import type { OldLine } from './old-flags.ts';
import { type AsContext, numberOf, type OldProgram, textOf } from './program.ts';

export const RECOVERY: OldProgram = {
  name: 'recovery',
  system: 'raft-demo',
  about: 'Fetches the application log of a replica or logger, and installs it into a new map.',
  examples: ['recovery -recov :14000'],
  flags: [
    { name: 'recov', kind: 'text', default: '', about: 'where it is handed out (-hrecov)' },
    { name: 'sleep', kind: 'number', default: '30', about: 'seconds to wait before' },
    { name: 'p', kind: 'number', default: '0', about: 'with -n: the first index' },
    { name: 'n', kind: 'number', default: '0', about: 'the last index; 0: the whole log' },
  ],
  run: runRecovery,
};

async function runRecovery(line: OldLine, context: AsContext): Promise<number> {
  if (textOf(line, 'recov') === '') {
    throw new RaftctlError('USAGE', {
      message: 'Cannot recover without -recov',
      hint: 'For example: raftctl as recovery -recov :14000',
    });
  }
  const address = addressOf(line, context, { flag: 'recov', listens: false });
  await sleep(numberOf(line, 'sleep') * 1000);
  const last = numberOf(line, 'n');
  const range = last > 0 ? `${numberOf(line, 'p')}-${last}` : '0';
  const transferBegan = process.hrtime.bigint();
  const blocks = await askRecordLog(address, range);
  const installBegan = process.hrtime.bigint();
  const state = last > 0 ? [intervalOf(blocks).records] : blocks;
  const { commands } = install(state);
  const installed = process.hrtime.bigint();
  context.print(`Transfer Time (ns): ${installBegan - transferBegan}`);
  context.print(`Install Time (ns): ${installed - installBegan}`);
  context.print(`State Size (bytes): ${state.reduce((sum, { length }) => sum + length, 0)}`);
  context.print(`Num of Commands: ${commands}`);
  return 0;
}

/**
 * Applies all sets, in order, to a new map; anything else is counted. A value stays where it was
 * received: the map says where its record begins, in bytes of all blocks. What is none ends it.
 */
export function install(blocks: readonly Bytes[]): {
  readonly commands: number;
  readonly map: ReadonlyMap<string, number>;
} {
  const scanner = new DemoScanner();
  const map = new Map<string, number>();
  let commands = 0;
  let rest: Bytes = NO_BYTES;
  /** Where `state` begins. */
  let base = 0;
  for (const block of blocks) {
    const state = rest.length === 0 ? block : concatBytes([rest, block]);
    let at = 0;
    while (at + RECORD_HEAD_BYTES <= state.length) {
      const start = at + RECORD_HEAD_BYTES;
      const end = start + state.readUInt32BE(at);
      if (end > state.length) break;
      if (!scanner.scan(state, start, end)) return { commands, map };
      if (scanner.op === 'set') {
        const key = latin1Slice(state, scanner.keyStart, scanner.keyEnd);
        map.set(key, base + at);
      }
      commands += 1;
      at = end;
    }
    rest = state.subarray(at);
    base += at;
  }
  return { commands, map };
}
