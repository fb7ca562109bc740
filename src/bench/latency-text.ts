/** A latency as people read it. Pure. */
import { formatDurationMs } from '../std/units.ts';

/** `85 us`, `1.24 ms`, `12.4 ms`, `3.2 s`. */
export function durationText(us: number): string {
  if (us < 1000) return `${us < 10 ? us.toFixed(1) : Math.round(us)} us`;
  const ms = us / 1000;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  return ms < 100 ? `${ms.toFixed(1)} ms` : formatDurationMs(ms);
}
