/** raft-demo's createStateFile.sh: the file of slots, 1 GiB of zeros. */
import { open, rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { SLOT_BYTES, SLOTS } from '../wire/apps/diskstorage.ts';
import { type OldProgram, textOf } from './program.ts';

export const STATE_FILE: OldProgram = {
  name: 'create-state-file',
  system: 'raft-demo',
  about: 'Makes the state file of diskstorage (createStateFile.sh): 1 GiB of zeros.',
  examples: ['create-state-file', 'create-state-file -statefile ./store.txt'],
  flags: [
    {
      ...{ name: 'statefile', kind: 'text', default: '/tmp/store1gb.txt' },
      ...{ env: 'RAFTCTL_STATEFILE', about: 'where it goes; a file that is there is replaced' },
    },
  ],
  run: async (line, context) => {
    const path = resolve(context.cwd, textOf(line, 'statefile'));
    const temporary = `${path}.tmp`;
    try {
      const file = await open(temporary, 'w', 0o644);
      // Zeros that were never written are read as zeros, and take no room.
      await file.truncate(SLOTS * SLOT_BYTES);
      await file.close();
      await rename(temporary, path);
    } catch (cause) {
      const reason = systemCode(cause) ?? String(cause);
      const message = `Cannot make the state file ${path}: ${reason}`;
      throw new RaftctlError('DISK_FAILED', { message, cause });
    }
    context.print(`${path}: ${SLOTS * SLOT_BYTES} bytes of zeros`);
    return 0;
  },
};
