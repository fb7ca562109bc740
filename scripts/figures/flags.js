/** The flags of `npm run figures`, read and checked. */
import { parseArgs } from 'node:util';

const OPTIONS = {
  json: { type: 'boolean' },
  only: { type: 'string' },
  rounds: { type: 'string', default: '9' },
  seconds: { type: 'string' },
  file: { type: 'string' },
  tests: { type: 'string', default: 'set' },
  variants: { type: 'boolean', default: false },
  minutes: { type: 'string', default: '10' },
  rate: { type: 'string' },
  'rate-percent': { type: 'string', default: '40' },
  closed: { type: 'boolean', default: false },
  pipeline: { type: 'string', default: '16' },
  short: { type: 'boolean', default: false },
};
const TESTS = ['set', 'get'];

/** @throws {Error} naming the flag, its value and the rule. Absent numbers are null. */
export function readFlags(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const number = (name) => {
    if (values[name] === undefined) return null;
    const value = Number(values[name]);
    if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
    throw new Error(`--${name} ${values[name]}: it is a number above 0`);
  };
  const tests = values.tests.split(',');
  const odd = tests.find((test) => !TESTS.includes(test));
  if (odd !== undefined) throw new Error(`--tests ${odd}: there are ${TESTS.join(' and ')}`);
  return {
    json: values.json ?? false,
    only: values.only,
    rounds: Math.ceil(number('rounds')),
    seconds: number('seconds'),
    file: values.file ?? null,
    tests,
    variants: values.variants,
    minutes: number('minutes'),
    rate: number('rate'),
    ratePercent: number('rate-percent'),
    closed: values.closed,
    pipeline: number('pipeline'),
    short: values.short,
  };
}
