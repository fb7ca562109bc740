/**
 * Throws random bytes, and valid messages that were damaged, at the decoders of what comes in:
 * `npm run fuzz -- [--executions N] [--seed N] [--only NAME]`. A decoder may refuse; it must not
 * throw, and what it decodes must be decoded again to the same.
 */
import { parseArgs } from 'node:util';
import { parseJoin } from '../dist/node/daemon/join-line.js';
import { Prng } from '../dist/std/prng.js';
import {
  decodeDemoCommand,
  demoRequest,
  encodeDemoCommand,
} from '../dist/wire/dialects/raft-demo-command.js';
import { recordsOf } from '../dist/wire/dialects/raft-demo-records.js';
import { DemoStream, parseDemoLine } from '../dist/wire/dialects/raft-demo-stream.js';

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const executions = Number(values.executions);
const prng = new Prng(Number(values.seed));
const TAGS = [8, 10, 18, 24, 34, 42, 45, 48, 10, 255];

function randomBytes(length) {
  const isTagged = prng.u32() % 2 === 0;
  return Buffer.from(
    Array.from({ length }, () => (isTagged ? TAGS[prng.u32() % TAGS.length] : prng.u32() & 255)),
  );
}

/** A request, now and then with some of its bytes replaced, cut or doubled. */
function request() {
  const bytes = demoRequest({
    ip: '15000',
    op: ['get', 'set', 'delete'][prng.u32() % 3],
    key: randomBytes(prng.u32() % 12).toString('latin1'),
    value: randomBytes(prng.u32() % 24).toString('latin1'),
  });
  if (prng.u32() % 3 === 0) return bytes;
  bytes[prng.u32() % bytes.length] = prng.u32() & 255;
  return prng.u32() % 3 === 0 ? bytes.subarray(0, prng.u32() % bytes.length) : bytes;
}

function anything() {
  return prng.u32() % 2 === 0 ? request() : randomBytes(prng.u32() % 40);
}

const DECODERS = {
  'raft-demo-command': () => {
    const bytes = anything();
    const command = decodeDemoCommand(bytes, 0, bytes.length);
    if (command === null) return;
    const again = encodeDemoCommand(command);
    const twice = decodeDemoCommand(again, 0, again.length);
    if (JSON.stringify(twice) !== JSON.stringify(command)) throw new Error('it changes');
  },
  'raft-demo-stream': () => {
    const stream = new DemoStream();
    const bytes = Buffer.concat([anything(), anything()]);
    const cut = prng.u32() % (bytes.length + 1);
    for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut), Buffer.from('\n')]) {
      stream.push(chunk);
      for (let left = bytes.length + 2; stream.next() !== null; left -= 1) {
        if (left === 0) throw new Error('it never ends');
      }
    }
  },
  'raft-demo-line': () => {
    const text = ['15000-', 'set-', 'GET-', 'delete-', '-', ''][prng.u32() % 6];
    parseDemoLine(text + randomBytes(prng.u32() % 12).toString('latin1'));
  },
  'raft-demo-records': () => {
    const body = anything();
    const bytes = Buffer.concat([Buffer.from([1, prng.u32() % 64]), body]);
    const look = () => [null, 'value', undefined][prng.u32() % 3];
    recordsOf(bytes, 0, bytes.length, { index: 7, look });
  },
  'raft-demo-join': () => {
    const text = ['node1-', ':12001-', 'true', '[::1]:1-', '-'][prng.u32() % 5];
    parseJoin(text + randomBytes(prng.u32() % 12).toString('latin1') + text);
  },
};

for (const [name, decode] of Object.entries(DECODERS)) {
  if (values.only !== undefined && values.only !== name) continue;
  const begunMs = performance.now();
  for (let i = 0; i < executions; i += 1) {
    try {
      decode();
    } catch (error) {
      process.stderr.write(`${name}, seed ${values.seed}, execution ${i}: ${error.stack}\n`);
      process.exit(1);
    }
  }
  const seconds = ((performance.now() - begunMs) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${executions} executions, 0 crashes, ${seconds} s\n`);
}
