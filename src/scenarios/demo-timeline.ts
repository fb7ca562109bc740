/** Acknowledged writes over time, as the demo's result gives them. Pure. */

export interface Timeline {
  /** Since the start of the load. */
  readonly fromMs: number;
  readonly bucketMs: number;
  readonly acknowledged: readonly number[];
}

export interface TimelineWish {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bucketMs: number;
}

/** What happens before the kill in the close-up, as a share of it. */
const LEAD_SHARE = 0.25;
const CLOSE_UP_BUCKETS = 80;

/**
 * Sums fine buckets up to coarser ones.
 *
 * Requires: the wished bucket is a multiple of the fine one.
 */
export function timelineOf(fine: readonly number[], fineMs: number, wish: TimelineWish): Timeline {
  const per = Math.max(1, Math.round(wish.bucketMs / fineMs));
  const first = Math.max(0, Math.floor(wish.fromMs / fineMs));
  const count = Math.max(1, Math.floor((wish.toMs - wish.fromMs) / wish.bucketMs));
  const acknowledged = Array.from({ length: count }, (_, column) => {
    let total = 0;
    for (let i = 0; i < per; i += 1) total += fine[first + column * per + i] ?? 0;
    return total;
  });
  return { fromMs: first * fineMs, bucketMs: per * fineMs, acknowledged };
}

/** The time around the kill, fine enough to see the gap and wide enough to hold it. */
export function closeUpOf(
  fine: readonly number[],
  fineMs: number,
  kill: { readonly atMs: number; readonly gapMs: number | null },
): Timeline {
  const neededMs = (kill.gapMs ?? 0) * 1.6;
  const spanMs = CLOSE_UP_BUCKETS * fineMs;
  const bucketMs = fineMs * Math.max(1, Math.ceil(neededMs / (spanMs * (1 - LEAD_SHARE))));
  const fromMs = Math.max(0, kill.atMs - LEAD_SHARE * CLOSE_UP_BUCKETS * bucketMs);
  const toMs = fromMs + CLOSE_UP_BUCKETS * bucketMs;
  return timelineOf(fine, fineMs, { fromMs, toMs, bucketMs });
}
