/** Damage as a value, and as the error that a person reads. Pure. */
import { RaftctlError } from '../../std/errors.ts';
import type { SegmentFault } from './segment.ts';

export interface Damage {
  readonly code: 'WAL_CORRUPT' | 'FORMAT_UNSUPPORTED';
  readonly path: string;
  readonly offset: number;
  /** A clause that goes on from "as": what is wrong. */
  readonly what: string;
}

const HEADER_FAULTS: Readonly<Record<SegmentFault, { offset: number; what: string }>> = {
  short: { offset: 0, what: 'the file is too short for a segment header' },
  magic: { offset: 0, what: 'it does not start like a segment' },
  checksum: { offset: 0, what: 'its header does not match its checksum' },
  padding: { offset: 68, what: 'bytes behind its header are not zero' },
  version: { offset: 8, what: 'it was written in another version of the format' },
};

export function describeHeaderFault(path: string, fault: SegmentFault): Damage {
  const code = fault === 'version' ? 'FORMAT_UNSUPPORTED' : 'WAL_CORRUPT';
  return { code, path, ...HEADER_FAULTS[fault] };
}

export function damageError(damage: Damage): RaftctlError {
  const { code, path, offset, what } = damage;
  return new RaftctlError(code, {
    message: `Cannot use the log as ${what}: ${path} at offset ${offset}`,
    hint:
      code === 'FORMAT_UNSUPPORTED'
        ? 'Start this directory with the version of raftctl that wrote it'
        : 'The entries are still on the other members: raftctl node repair NODE brings them back. ' +
          'Look at the damage with raftctl log dump',
  });
}
