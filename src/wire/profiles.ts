/** Profiles of a node, as they are asked for over the admin port. */

/**
 * `cpu`: where time goes; `heap`: who allocated what lives on; `allocs`: who allocates, also what
 * is gone; `snapshot`: all that lives.
 */
export const PROFILE_KINDS = ['cpu', 'heap', 'allocs', 'snapshot'] as const;
export type ProfileKind = (typeof PROFILE_KINDS)[number];

export const PROFILE_MS_MAX = 300_000;

/** With the answer: when the capture began, monotonic milliseconds of the machine. */
export const PROFILE_STARTED_HEADER = 'x-raftctl-started-mono-ms';

/** As Node names the file that holds it. */
export const PROFILE_ENDINGS: Readonly<Record<ProfileKind, string>> = {
  cpu: 'cpuprofile',
  heap: 'heapprofile',
  allocs: 'heapprofile',
  snapshot: 'heapsnapshot',
};

const LEADS: Readonly<Record<ProfileKind, string>> = {
  cpu: 'CPU',
  heap: 'Heap',
  allocs: 'Allocs',
  snapshot: 'Heap',
};

export function isProfileKind(text: string): text is ProfileKind {
  return (PROFILE_KINDS as readonly string[]).includes(text);
}

/**
 * `CPU.20260301.120320.4242.0.001.cpuprofile`, in the way of Node's own.
 *
 * @param at `time`: as ISO 8601.
 */
export function profileFileName(
  kind: ProfileKind,
  at: { readonly time: string; readonly pid: number; readonly sequence: number },
): string {
  const stamp = at.time.replace(/[-:]/g, '').replace('T', '.').slice(0, 15);
  const sequence = String(at.sequence).padStart(3, '0');
  const lead = LEADS[kind];
  return `${lead}.${stamp}.${at.pid}.0.${sequence}.${PROFILE_ENDINGS[kind]}`;
}
