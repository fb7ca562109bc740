/** Hunts every planted bug, and says as Markdown what found it, and how soon. */
import { formatCount } from '../std/units.ts';
import { hunt } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import { withBuild } from './mutant-build.ts';
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
  /** Null: nothing found it. */
  readonly oracle: OracleName | null;
  readonly seed: number | null;
  /** Runs up to the one that found it, and simulated time in them. */
  readonly seeds: number;
  readonly simSeconds: number;
}

export interface ReportInit {
  readonly mutants: readonly Mutant[];
  /** Of bugs, and of controls. */
  readonly seedsMax: number;
  readonly controlSeeds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly onRow: (row: MutantRow) => void;
}

export async function huntMutants(init: ReportInit): Promise<readonly MutantRow[]> {
  const rows: MutantRow[] = [];
  for (const mutant of init.mutants) {
    if (init.signal.aborted) break;
    const row = await huntMutant(mutant, init);
    rows.push(row);
    init.onRow(row);
  }
  return rows;
}

async function huntMutant(mutant: Mutant, init: ReportInit): Promise<MutantRow> {
  const { id, kind, bug, nodes, profile } = mutant;
  const { seconds, signal, nowMs } = init;
  const result = await withBuild(id, async (build) => {
    const pool = new SimPool({ build, width: init.workers });
    const last = kind === 'control' ? init.controlSeeds : init.seedsMax;
    const options = {
      ...{ ...RUN_OPTIONS_DEFAULT, seconds },
      ...{ nodes: nodes ?? null, profile: profile ?? RUN_OPTIONS_DEFAULT.profile },
    };
    try {
      return await hunt(pool, { first: 1, last, goOn: false, options, signal, nowMs });
    } finally {
      await pool.close();
    }
  });
  const found = result.violations[0] ?? null;
  return {
    ...{
      id,
      kind,
      bug,
      directed: mutant.directed ?? null,
      oracle: found?.violation?.oracle ?? null,
      seed: found?.seed ?? null,
    },
    ...{ seeds: result.seeds, simSeconds: Math.round(result.simulatedMs / 1000) },
  };
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
    '| bug | what is wrong | class | found first by | seeds | simulated s |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ id, kind, bug, oracle, directed, seeds, simSeconds }) => {
      const nobody = kind === 'control' ? 'nobody, as it should be' : '**nobody**';
      const by = oracle ?? (directed === null ? nobody : `no seed, but \`${directed}\``);
      return `| ${id} | ${bug} | ${kind} | ${by} | ${seeds} | ${simSeconds} |`;
    }),
    '',
    summaryOf(rows),
    ...unprovenText(rows),
  ];
  return lines.join('\n');
}

/** Oracles that were not the first to find any of the bugs; only a whole report can tell. */
function unprovenText(rows: readonly MutantRow[]): readonly string[] {
  if (rows.length < MUTANTS.length) return [];
  const first = new Set(rows.map(({ oracle }) => oracle));
  const unproven = ORACLE_NAMES.filter((name) => !first.has(name));
  return unproven.length === 0 ? [] : ['', `Found nothing first: ${unproven.join(', ')}.`];
}

function summaryOf(rows: readonly MutantRow[]): string {
  const of = (kind: Mutant['kind']): string => {
    const all = rows.filter((row) => row.kind === kind);
    return `${all.filter(isRight).length} of ${all.length}`;
  };
  const seeds = rows.filter((r) => r.oracle !== null).map((r) => r.seeds);
  const median = seeds.sort((a, b) => a - b)[Math.floor(seeds.length / 2)] ?? 0;
  return (
    `Found: ${of('safety')} of the safety class, ${of('liveness')} of the liveness class, ` +
    `median ${median} seeds. Controls that passed: ${of('control')}.`
  );
}
