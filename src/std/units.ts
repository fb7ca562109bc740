/** Quantities as people write and read them: durations, sizes, counts. */

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of `250ms`, `1.5s`, `2m`, `1h` or bare seconds; null: not a duration. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) return null;
  const unit = DURATION_UNITS_MS[match[2] ?? 's'] ?? 0;
  return Math.round(Number(match[1]) * unit);
}

/** `0.4 ms`, `12 ms`, `3.2 s`, `4m 10s`, `2h 5m`, `3d 4h`. */
export function formatDurationMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
  return `${Math.floor(minutes / 1440)}d ${Math.floor((minutes % 1440) / 60)}h`;
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Bytes of `512`, `64B`, `4KiB`, `1.5 MiB`; null: not a size, or not whole bytes. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB)?$/.exec(text.trim());
  if (match === null) return null;
  const bytes = Number(match[1]) * (BYTE_UNITS[match[2] ?? 'B'] ?? 0);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** IEC sizes: `512 B`, `1.5 KiB`, `64 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Whole numbers with thousands separated: `12,345`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 node`, `2 nodes`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A change as a part of one: `+5.2 %`, `-0.3 %`, `-` for null. */
export function percentText(change: number | null): string {
  if (change === null) return '-';
  return `${change < 0 ? '' : '+'}${(change * 100).toFixed(1)} %`;
}
