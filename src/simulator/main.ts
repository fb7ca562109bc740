/**
 * Runs seeds from a shell: `node dist/simulator/main.js --seed 7` or `--seeds 1..500`, with
 * `--seconds S`, `--nodes N`, `--profile swarm|storm`, `--json` (one line a seed) and `--go-on`
 * (past a violation). Exit code 9 when an oracle fired.
 */
import { parseArgs } from 'node:util';
import { EXIT } from '../std/errors.ts';
import { PROFILES, type Profile } from './fault-plan.ts';
import { runSeed, SEED_OPTIONS_DEFAULT, type SeedResult } from './run.ts';

interface Arguments {
  readonly first: number;
  readonly last: number;
  readonly seconds: number;
  readonly nodes: number;
  readonly profile: Profile;
  readonly json: boolean;
  readonly goOn: boolean;
}

function parse(): Arguments {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      seconds: { type: 'string', default: String(SEED_OPTIONS_DEFAULT.seconds) },
      nodes: { type: 'string', default: String(SEED_OPTIONS_DEFAULT.nodes) },
      profile: { type: 'string', default: SEED_OPTIONS_DEFAULT.profile },
      json: { type: 'boolean', default: false },
      'go-on': { type: 'boolean', default: false },
    },
  });
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(values.seed ?? values.seeds ?? '1..100');
  const first = Number(range?.[1]);
  const last = Number(range?.[2] ?? range?.[1]);
  const seconds = Number(values.seconds);
  const nodes = Number(values.nodes);
  const profile = PROFILES.find((name) => name === values.profile);
  if (
    range === null ||
    profile === undefined ||
    !(seconds > 0) ||
    !Number.isInteger(nodes) ||
    nodes < 1
  ) {
    process.stderr.write(
      'usage: main.js --seed N | --seeds A..B [--seconds S] [--nodes N] [--profile swarm|storm] [--json]\n',
    );
    process.exit(EXIT.usage);
  }
  return { first, last, seconds, nodes, profile, json: values.json, goOn: values['go-on'] };
}

function describe(result: SeedResult, { seconds, nodes, profile }: Arguments): string {
  const { seed, violation } = result;
  if (violation === null) return '';
  const options = `--seed ${seed} --seconds ${seconds} --nodes ${nodes} --profile ${profile}`;
  const when = `${Math.round(violation.atMs)} ms`;
  const planted = process.env['MUTATE'] ? `MUTATE=${process.env['MUTATE']} ` : '';
  return (
    `VIOLATION at ${when}: ${violation.oracle}: ${violation.detail}\n` +
    `  replay: ${planted}npm run sim -- ${options}\n`
  );
}

const args = parse();
const startedMs = performance.now();
const totals: Record<string, number> = {};
let violations = 0;
let seeds = 0;
let simulatedMs = 0;
for (let seed = args.first; seed <= args.last; seed += 1) {
  const result = await runSeed(seed, args);
  seeds += 1;
  simulatedMs += result.simulatedMs;
  for (const [name, count] of Object.entries(result.counts)) {
    totals[name] = (totals[name] ?? 0) + count;
  }
  if (args.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (result.violation === null) continue;
  violations += 1;
  process.stderr.write(describe(result, args));
  if (!args.goOn) break;
}
const wallSeconds = (performance.now() - startedMs) / 1000;
const speed = Math.round(simulatedMs / 1000 / wallSeconds);
process.stderr.write(
  `${seeds} seeds, ${Math.round(simulatedMs / 1000)} simulated s in ${wallSeconds.toFixed(1)} s ` +
    `(${speed} per s), ${violations} violations\n`,
);
if (!args.json) process.stdout.write(`${JSON.stringify(totals)}\n`);
process.exit(violations > 0 ? EXIT.violation : EXIT.ok);
