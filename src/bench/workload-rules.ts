/** What may stand in the [bench] table of a profile: what the flags of the bench take. */
import type { WorkloadRules } from '../config/profile.ts';
import { RaftctlError } from '../std/errors.ts';
import { resolveWorkload, WORKLOAD_KEYS } from './workload.ts';

export const WORKLOAD_RULES: WorkloadRules = {
  keys: WORKLOAD_KEYS,
  check: (key, value) => {
    try {
      resolveWorkload({ [key]: value });
      return null;
    } catch (error) {
      if (error instanceof RaftctlError) return error.message;
      throw error;
    }
  },
};
