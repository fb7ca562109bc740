/**
 * Measures `raftctl check linearizability` on histories of clients that are always busy, after
 * `node scripts/build.js`. `node scripts/checker-speed.js [SECONDS]`: the budget of each, 10.
 */
import { checkLinearizability } from '../dist/checker/checker.js';
import { modelNamed } from '../dist/checker/models.js';
import { Prng } from '../dist/std/prng.js';

const CASES = [
  { name: '5 clients, 5,000 gets and puts', clients: 5, operations: 5000 },
  { name: '10 clients, 10,000 gets and puts', clients: 10, operations: 10_000 },
  { name: '... 5 % of unknown outcome', clients: 10, operations: 10_000, unknown: 0.05 },
  { name: '... one stale read', clients: 10, operations: 10_000, stale: true },
  { name: '10 clients, 100,000 gets and puts', clients: 10, operations: 100_000 },
  { name: '30 clients, 30,000 gets and puts', clients: 30, operations: 30_000 },
  { name: '... one stale read', clients: 30, operations: 30_000, stale: true },
  {
    name: '10 clients, 10,000 gets, puts and cas of 5 values',
    clients: 10,
    operations: 10_000,
    values: 5,
    cas: true,
  },
  {
    name: '... 5 % of unknown outcome',
    clients: 10,
    operations: 10_000,
    values: 5,
    cas: true,
    unknown: 0.05,
  },
  {
    name: '5 clients a key, 100,000 gets and puts on 100 keys',
    clients: 5,
    operations: 1000,
    keys: 100,
  },
  { name: '... one stale read', clients: 5, operations: 1000, keys: 100, stale: true },
];

/** Operations of one key, each effective at a moment of its own within its span. */
function historyOf({ clients, operations, unknown = 0, values = null, cas = false, prng, key }) {
  const freeAt = Array.from({ length: clients }, () => prng.unit());
  const plans = Array.from({ length: operations }, (_, at) => {
    const client = at % clients;
    const calledAt = freeAt[client] + prng.unit() * 0.1;
    const effectAt = calledAt + prng.unit();
    const returnedAt = effectAt + prng.unit();
    freeAt[client] = returnedAt;
    return { client: `c${client}`, calledAt, effectAt, returnedAt };
  });
  plans.sort((a, b) => a.effectAt - b.effectAt);
  let state = null;
  let fresh = 0;
  const value = () => String(values === null ? ++fresh : prng.between(1, values));
  return plans.map(({ client, calledAt, returnedAt }) => {
    const isUnknown = prng.chance(unknown);
    const happens = !isUnknown || prng.chance(0.5);
    const dice = prng.unit();
    let action = { kind: 'get', result: isUnknown ? undefined : state };
    if (dice < 0.5) {
      action = { kind: 'put', value: value() };
      if (happens) state = action.value;
    } else if (cas && dice < 0.75) {
      const [from, to] = [value(), value()];
      action = { kind: 'cas', from, to, result: isUnknown ? null : from === state };
      if (happens && from === state) state = to;
    }
    const end = isUnknown ? Number.POSITIVE_INFINITY : returnedAt;
    return { client, key, action, calledAt, returnedAt: end };
  });
}

/** A read in the middle of a key's history is answered by what its first one saw. */
function withStaleRead(history) {
  const { key } = history[history.length >> 1];
  const reads = history.filter(({ action, ...it }) => it.key === key && action.result);
  const stale = reads[reads.length >> 1];
  return history.map((it) => (it === stale ? { ...it, action: reads[0].action } : it));
}

const seconds = Number(process.argv[2] ?? 10);
process.stdout.write('| history | verdict | time | of a core | steps |\n|---|---|---|---|---|\n');
for (const one of CASES) {
  const prng = new Prng(1);
  const keys = Array.from({ length: one.keys ?? 1 }, (_, at) => `key${at}`);
  const good = keys.flatMap((key) => historyOf({ ...one, prng, key }));
  const history = one.stale ? withStaleRead(good) : good;
  const begunAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const isOver = () => performance.now() - begunAt > seconds * 1000;
  const { verdict, stepCount } = checkLinearizability(history, modelNamed('kv'), { isOver });
  const ms = Math.round(performance.now() - begunAt);
  const cpu = process.cpuUsage(cpuBefore);
  const cpuMs = Math.round((cpu.user + cpu.system) / 1000);
  process.stdout.write(
    `| ${one.name} | ${verdict} | ${ms} ms | ${cpuMs} ms | ${stepCount.toLocaleString('en')} |\n`,
  );
}
