/**
 * Delta debugging (Zeller and Hildebrandt 2002): removes pieces of a list, large ones first, as
 * long as what is left still fails. At the end no single item can go.
 */

/**
 * @param firstFailing tells the first of these lists that still fails, null: none does.
 * @returns a part of `items`, in its order.
 */
export async function minimise<T>(
  items: readonly T[],
  firstFailing: (candidates: readonly (readonly T[])[]) => Promise<readonly T[] | null>,
): Promise<readonly T[]> {
  // Quite often nothing of it matters.
  const empty = await firstFailing([[]]);
  if (items.length === 0 || empty !== null) return [];
  let left = items;
  let pieces = 2;
  while (left.length >= 2) {
    const size = Math.ceil(left.length / pieces);
    const candidates: T[][] = [];
    for (let at = 0; at < left.length; at += size) {
      candidates.push([...left.slice(0, at), ...left.slice(at + size)]);
    }
    const found = await firstFailing(candidates);
    if (found !== null) {
      left = found;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1) return left;
    else pieces = Math.min(left.length, pieces * 2);
  }
  return left;
}
