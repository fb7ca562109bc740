/** raft-demo's test of how fast records of its application log can be made and written. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { concatBytes } from '../std/bytes.ts';
import { decodeDemoCommand, encodeDemoCommand } from '../wire/dialects/raft-demo-command.ts';
import type { OldLine } from './old-flags.ts';
import { type AsContext, numberOf, textOf } from './program.ts';

const SECONDS = 60;
const KEYS = 1_000_000;
const VALUE = '@'.repeat(1024);
/** What every record says its index is. */
const RECORD_ID = 10;
const BATCH = 500;

/** Every command is encoded, decoded and encoded again as a record, like one that is received. */
export async function runMaxWrites(line: OldLine, context: AsContext): Promise<number> {
  const seconds = numberOf(line, 'time') || SECONDS;
  const keys = numberOf(line, 'key') || KEYS;
  const fd = openSync(resolve(context.cwd, textOf(line, 'writesfile')), 'w', 0o644);
  const endMs = performance.now() + seconds * 1000;
  let count = 0;
  while (performance.now() < endMs) {
    const records: Buffer[] = [];
    for (let i = 0; i < BATCH; i += 1) {
      const key = String(Math.floor(Math.random() * keys));
      const sent = encodeDemoCommand({
        op: Math.random() < 0.5 ? 'set' : 'get',
        key,
        value: VALUE,
      });
      const received = decodeDemoCommand(sent, 0, sent.length);
      if (received !== null) records.push(encodeDemoCommand({ ...received, id: RECORD_ID }, true));
    }
    const bytes = concatBytes(records);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    count += records.length;
  }
  closeSync(fd);
  context.print(`Executed ${count} in ${seconds} seconds of experiment`);
  return 0;
}
