/** What an app's keys and values may be, where that is less than any bytes. */
import { RaftctlError } from '../std/errors.ts';
import { SLOT_BYTES, SLOTS } from '../wire/apps/diskstorage.ts';
import type { AppName } from '../wire/node-config.ts';
import type { Workload } from './workload.ts';
import type { WorkloadInput } from './workload-fields.ts';

/** Said by nobody, a key of diskstorage has no prefix: it is a number. */
export function inputFor(app: AppName | null, input: WorkloadInput): WorkloadInput {
  return app === 'diskstorage' ? { 'key-prefix': '', ...input } : input;
}

/** @throws {RaftctlError} USAGE when every request would be refused, or many. */
export function checkFits(app: AppName | null, workload: Workload): void {
  if (app !== 'diskstorage') return;
  const { keyPrefix, keyMaximum, dataBytes } = workload;
  const fault =
    keyPrefix !== ''
      ? `--key-prefix is ${JSON.stringify(keyPrefix)}, and its keys are numbers`
      : keyMaximum > SLOTS
        ? `--key-maximum is ${keyMaximum}, and it has ${SLOTS} keys`
        : dataBytes > SLOT_BYTES
          ? `--data-size is ${dataBytes}, and its values have up to ${SLOT_BYTES} bytes`
          : null;
  if (fault === null) return;
  throw new RaftctlError('USAGE', {
    message: `Cannot measure a cluster whose app is diskstorage so: ${fault}`,
    hint: 'Leave these flags out',
  });
}
