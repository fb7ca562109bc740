/**
 * Throws random bytes, and valid messages that were damaged, at the decoders of what comes in:
 * `npm run fuzz -- [--executions N] [--seed N] [--only NAME,NAME]`. A decoder may refuse; it must
 * not throw, and what it decodes must be decoded again to the same.
 */
import { parseArgs } from 'node:util';
import { Prng } from '../dist/std/prng.js';
import { Inputs } from './fuzz/inputs.js';
import { otherDecoders } from './fuzz/others.js';
import { raftDemoDecoders } from './fuzz/raft-demo.js';
import { redisDecoders } from './fuzz/redis.js';

function optionsOf(words) {
  const options = {
    executions: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  };
  try {
    return parseArgs({ args: words, options }).values;
  } catch (error) {
    const names = Object.keys(options).map((name) => `--${name}`);
    process.stderr.write(`fuzz: ${error.message.split('.')[0]}; there are ${names.join(', ')}\n`);
    process.exit(2);
  }
}

const values = optionsOf(process.argv.slice(2));
const executions = Number(values.executions);
const inputs = new Inputs(new Prng(Number(values.seed)));
const decoders = {
  ...raftDemoDecoders(inputs),
  ...redisDecoders(inputs),
  ...otherDecoders(inputs),
};
const names = values.only?.split(',') ?? Object.keys(decoders);
const unknown = names.find((name) => !Object.hasOwn(decoders, name));
if (unknown !== undefined) {
  process.stderr.write(`fuzz: no "${unknown}", there are ${Object.keys(decoders).join(', ')}\n`);
  process.exit(2);
}

for (const name of names) {
  const decode = decoders[name];
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
