/** Quantities in few columns. `-` for what is not known. */

export const NOTHING = '-';

/** `85us`, `3.1ms`, `42ms`, `1.2s`. */
export function duration(us: number | null): string {
  if (us === null) return NOTHING;
  if (us < 1000) return `${Math.round(us)}us`;
  if (us < 10_000) return `${(us / 1000).toFixed(1)}ms`;
  if (us < 1_000_000) return `${Math.round(us / 1000)}ms`;
  return `${(us / 1e6).toFixed(1)}s`;
}

export function durationMs(ms: number | null): string {
  return ms === null ? NOTHING : duration(ms * 1000);
}

/** `4s`, `12m`, `3h`, `5d`. */
export function age(ms: number | null): string {
  if (ms === null) return NOTHING;
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h`;
  return `${Math.floor(s / 86_400)}d`;
}

/** `812`, `48210`, `1.25M`. */
export function count(value: number | null): string {
  if (value === null) return NOTHING;
  if (value < 1_000_000) return String(Math.round(value));
  if (value < 1e9) return `${(value / 1e6).toFixed(2)}M`;
  return `${(value / 1e9).toFixed(2)}G`;
}

/** `812`, `4.8k`, `1.2M`: for rates. */
export function rate(value: number | null): string {
  if (value === null) return NOTHING;
  if (value < 1000) return value < 10 && value > 0 ? value.toFixed(1) : String(Math.round(value));
  if (value < 1e6) return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)}k`;
  return `${(value / 1e6).toFixed(1)}M`;
}

/** `512B`, `64K`, `182M`, `3.1G`. */
export function bytes(value: number | null): string {
  if (value === null) return NOTHING;
  const units = ['B', 'K', 'M', 'G', 'T'];
  let left = value;
  let unit = 0;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${unit === 0 || left >= 10 ? Math.round(left) : left.toFixed(1)}${units[unit]}`;
}

export function percent(share: number | null): string {
  return share === null ? NOTHING : `${Math.round(share * 100)}%`;
}

/** `12:03:58`; with `millis` also `.120`. Local time. */
export function clock(atMs: number, millis = false): string {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return millis ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}
