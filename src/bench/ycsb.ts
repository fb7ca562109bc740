/**
 * The core workloads of YCSB (Cooper et al., 2010), as far as a key-value store without ordered
 * scans has them: a scan reads keys of following numbers in one request.
 */
import type { WorkloadInput } from './workload-fields.ts';

export const YCSB_NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
export type YcsbName = (typeof YCSB_NAMES)[number];

/** Ten fields of a hundred bytes. */
const RECORD = { 'data-size': 1000, 'zipf-exp': 0.99, 'key-pattern': 'zipf' };

const YCSB: Readonly<Record<YcsbName, WorkloadInput>> = {
  /** Update heavy: a session store. */
  a: { ...RECORD, ratio: '1:1' },
  /** Read mostly: tags of photos. */
  b: { ...RECORD, ratio: '1:19' },
  /** Read only: profiles from a cache. */
  c: { ...RECORD, ratio: '0:1' },
  /** Read latest: statuses; writes are new keys. */
  d: { ...RECORD, 'key-pattern': 'latest', ratio: '1:19' },
  /** Short ranges: conversations. */
  e: { ...RECORD, ratio: '1:19', 'scan-length': 10 },
  /** Read, modify, write: records of users. */
  f: { ...RECORD, ratio: '1:1', modify: true },
};

/** What the named workload says, below what was said besides. */
export function withYcsb(name: YcsbName | null, input: WorkloadInput): WorkloadInput {
  return name === null ? input : { ...YCSB[name], ...input };
}
