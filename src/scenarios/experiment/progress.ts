/** How far an experiment is, in one line. Pure. */
import type { Paint } from '../../std/paint.ts';
import { formatDurationMs } from '../../std/units.ts';
import type { ExperimentProgress } from './experiment.ts';

/** @param elapsedMs of the phase. */
export function progressText(progress: ExperimentProgress, elapsedMs: number): string {
  const { number, count, path, phase, phaseMs } = progress;
  const elapsed = Math.round(elapsedMs / 1000);
  const length = phaseMs > 0 ? ` of ${formatDurationMs(phaseMs)}` : '';
  return `${number} of ${count}  ${path}  ${phase}, ${elapsed} s${length}`;
}

export function progressLine(
  progress: ExperimentProgress,
  elapsedMs: number,
  paint: Paint,
): string {
  const { number, count, path, phase, phaseMs } = progress;
  const share = phaseMs > 0 ? Math.min(1, elapsedMs / phaseMs) : 0;
  const bar = '#'.repeat(Math.round(20 * share)).padEnd(20, '.');
  const place = paint('bold', `${number} of ${count}`);
  return `${place}  ${paint('cyan', path)}  ${phase} ${phaseMs > 0 ? bar : ''} ${Math.round(elapsedMs / 1000)} s`;
}
