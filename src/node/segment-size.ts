/** How large the segments of a node's log are. */

const SEGMENTS_PER_DISK_MIN = 16;
const SEGMENT_BYTES_SMALL = 1024 * 1024;

/** On a small disk the prepared segment must not be most of it. */
export function segmentBytesFor(wantedBytes: number, totalBytes: number): number {
  const share = Math.floor(totalBytes / SEGMENTS_PER_DISK_MIN);
  return Math.min(wantedBytes, Math.max(SEGMENT_BYTES_SMALL, share));
}
