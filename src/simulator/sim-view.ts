/** What the simulator's commands print. */
import type { Paint } from '../std/paint.ts';
import { formatCount, formatDurationMs } from '../std/units.ts';
import { COVERAGE_ROWS, type Counts, type CoverageRow } from './coverage.ts';
import type { HuntProgress, HuntResult } from './hunt.ts';
import type { MutantsProgress } from './mutant-hunt.ts';
import type { SeedResult } from './run.ts';

export function progressText(progress: HuntProgress): string {
  const { seedsDone, seedsWanted, violations, eventsPerSecond, speed, restMs } = progress;
  return [
    `${formatCount(seedsDone)} of ${formatCount(seedsWanted)} seeds`,
    `${formatCount(eventsPerSecond)} events/s`,
    `${Math.round(speed)} simulated s/s`,
    `${violations} violations`,
    `${formatDurationMs(restMs)} to go`,
  ].join(', ');
}

export function mutantsProgressText(progress: MutantsProgress): string {
  const { done, wanted, now, restMs } = progress;
  const rest = restMs === null ? '' : `, ${formatDurationMs(restMs)} to go`;
  return `${done} of ${wanted} bugs, ${now.join(', ')}${rest}`;
}

/** One run: what it did, and what broke. */
export function resultLines(result: SeedResult, eventsMax: number, paint: Paint): string[] {
  const { seed, nodes, violation, traceHash, simulatedMs, events } = result;
  const lines: string[] = [];
  if (violation !== null) {
    lines.push(...violation.events.slice(-eventsMax).map((text) => paint('dim', text)));
    const when = formatDurationMs(violation.atMs);
    const head = `VIOLATION of ${violation.oracle} after ${when} of seed ${seed}`;
    lines.push(`${paint('red', head)}: ${violation.detail}`);
  }
  lines.push(
    `seed ${seed}: ${nodes} nodes, ${formatDurationMs(simulatedMs)}, ` +
      `${formatCount(events)} events, trace ${hashText(traceHash)}`,
  );
  return lines;
}

export function summaryText(result: HuntResult): string {
  const { seeds, violations, simulatedMs, events, wallMs, traceHash } = result;
  const seconds = Math.max(wallMs, 1) / 1000;
  return (
    `${formatCount(seeds)} seeds, ${formatCount(simulatedMs / 1000)} simulated s in ` +
    `${formatDurationMs(wallMs)} (${Math.round(simulatedMs / 1000 / seconds)} per s, ` +
    `${formatCount(events / seconds)} events/s), ${violations.length} violations, ` +
    `trace ${hashText(traceHash)}`
  );
}

/** The rows of coverage.ts in two columns. */
export function coverageLines(counts: Counts): string[] {
  const cells = COVERAGE_ROWS.map(({ name }) => {
    return `${name.padEnd(20)}${formatCount(counts[name] ?? 0).padStart(11)}`;
  });
  const half = Math.ceil(cells.length / 2);
  return cells.slice(0, half).map((cell, at) => `${cell}    ${cells[half + at] ?? ''}`.trimEnd());
}

export function missingText(missing: readonly CoverageRow[]): string {
  const names = missing.map(({ name, what }) => `  ${name}: ${what}`);
  return ['States that so many seeds should have reached were not reached:', ...names].join('\n');
}

function hashText(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}
