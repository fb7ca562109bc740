/** Says as Markdown what found each planted bug, and how soon; and how fast the simulator is. */
import { formatCount, formatDurationMs } from '../std/units.ts';
import type { Profile } from './fault-plan.ts';
import { hunt } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';
import { RUN_OPTIONS_DEFAULT, type RunOptions } from './run.ts';
import { ownBuild, SimPool } from './sim-pool.ts';
import { ORACLE_NAMES, type OracleName } from './violation.ts';

/** What became of one of them. */
export interface MutantRow {
  readonly id: string;
  readonly kind: Mutant['kind'];
  readonly bug: string;
  /** A test that finds it; null: none was written for it alone. */
  readonly directed: string | null;
  /** Of the runs: which faults, and how many members (null: drawn). */
  readonly profile: Profile;
  readonly nodes: number | null;
  /** Null: nothing found it. */
  readonly oracle: OracleName | null;
  readonly seed: number | null;
  /** Runs up to the one that found it, and simulated time in them. */
  readonly seeds: number;
  readonly simSeconds: number;
  /** What that took, on one thread. */
  readonly wallMs: number;
}

/** Whether a row is as it should be. */
export function isRight({ kind, oracle, directed }: MutantRow): boolean {
  if (kind === 'control') return oracle === null;
  return oracle !== null || directed !== null;
}

/** Five members under 200 requests a second, every oracle looking on, on one thread. */
const LOADED: RunOptions = { ...RUN_OPTIONS_DEFAULT, seconds: 60, nodes: 5, load: 200 };
/** Of those the first only warms up. */
const LOADED_SEEDS = { first: 501, last: 506 };

export interface Speed {
  /** Simulated seconds per second of processor time. */
  readonly simSecondsPerSecond: number;
  readonly eventsPerSecond: number;
}

/** How fast a loaded cluster is simulated. `nowMs` is processor time that was used. */
export async function measureSpeed(nowMs: () => number): Promise<Speed> {
  const pool = new SimPool({ build: ownBuild(), width: 1 });
  try {
    const { first, last } = LOADED_SEEDS;
    const run = { goOn: true, options: LOADED, nowMs };
    await hunt(pool, { ...run, first, last: first });
    const { simulatedMs, events, wallMs } = await hunt(pool, { ...run, first: first + 1, last });
    return {
      simSecondsPerSecond: Math.round(simulatedMs / wallMs),
      eventsPerSecond: Math.round((events * 1000) / wallMs),
    };
  } finally {
    await pool.close();
  }
}

export function speedText({ simSecondsPerSecond, eventsPerSecond }: Speed): string {
  return (
    `Speed with five members under 200 requests a second and all oracles: ` +
    `${simSecondsPerSecond} simulated seconds and ${formatCount(eventsPerSecond)} events ` +
    `per second of processor time.`
  );
}

const BEGIN = '<!-- sim report -->';
const END = '<!-- end of sim report -->';

/** @returns the document with another report in it; null: it has no place for one. */
export function intoDocument(document: string, report: string): string | null {
  const [before, rest, ...more] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined || more.length > 0) return null;
  return `${before}${BEGIN}\n\n${report}\n\n${END}${after}`;
}

export function markdownOf(rows: readonly MutantRow[]): string {
  const lines = [
    '| bug | what is wrong | class | found first by | runs | seeds | simulated s |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const { id, kind, bug, seeds, simSeconds } = row;
      return `| ${id} | ${bug} | ${kind} | ${finderOf(row)} | ${runsOf(row)} | ${seeds} | ${simSeconds} |`;
    }),
    '',
    summaryOf(rows),
    '',
    ...oracleLines(rows),
  ];
  return lines.join('\n');
}

function finderOf({ kind, oracle, directed }: MutantRow): string {
  const nobody = kind === 'control' ? 'nobody, as it should be' : '**nobody**';
  return oracle ?? (directed === null ? nobody : `no seed, but \`${directed}\``);
}

function runsOf({ profile, nodes }: MutantRow): string {
  return nodes === null ? profile : `${profile}, ${nodes} members`;
}

/** What each oracle was the first to find; those that found nothing only in a whole report. */
function oracleLines(rows: readonly MutantRow[]): readonly string[] {
  const isWhole = rows.length === MUTANTS.length;
  const lines = ORACLE_NAMES.flatMap((name) => {
    const ids = rows.filter(({ oracle }) => oracle === name).map(({ id }) => id);
    if (ids.length === 0 && !isWhole) return [];
    return [`| ${name} | ${ids.length === 0 ? '**nothing**' : ids.join(', ')} |`];
  });
  return ['| oracle | the first to find |', '|---|---|', ...lines];
}

function summaryOf(rows: readonly MutantRow[]): string {
  const of = (kind: Mutant['kind']): string => {
    const all = rows.filter((row) => row.kind === kind);
    return `${all.filter(isRight).length} of ${all.length}`;
  };
  const seeds = rows.filter((r) => r.oracle !== null).map((r) => r.seeds);
  const median = seeds.sort((a, b) => a - b)[Math.floor(seeds.length / 2)] ?? 0;
  const simSeconds = rows.reduce((sum, row) => sum + row.simSeconds, 0);
  const wallMs = rows.reduce((sum, row) => sum + row.wallMs, 0);
  return (
    `Found: ${of('safety')} of the safety class, ${of('liveness')} of the liveness class, ` +
    `median ${median} seeds. Controls that passed: ${of('control')}. ` +
    `${formatCount(simSeconds)} simulated seconds, ${formatDurationMs(wallMs)} of one thread.`
  );
}
