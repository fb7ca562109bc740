/** A node's app with what it needs of the node: the diskstorage's file. */
import { basename, dirname, join } from 'node:path';
import type { RaftctlError } from '../std/errors.ts';
import { SESSION_LIMITS } from '../wire/apps/session.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import { createApp } from './apps/apps.ts';
import { StateFiles } from './apps/state-files.ts';
import { FsDisk } from './io/fs-disk.ts';
import type { StateMachine } from './ports/state-machine.ts';

/** In the data directory. */
const STATE_FILE = 'state.slots';

export function makeApp(init: {
  readonly config: NodeConfig;
  readonly directory: string;
  readonly onFailed: (error: RaftctlError) => void;
  /** Absolute; left out, one in the data directory. */
  readonly stateFile: string | undefined;
  /** Wraps the app. */
  readonly around: (app: StateMachine) => StateMachine;
}): StateMachine {
  const { config, directory, stateFile, onFailed, around } = init;
  if (config.app !== 'diskstorage') {
    return createApp(config.app, SESSION_LIMITS, { around });
  }
  const disk = new FsDisk({ offLoop: true });
  disk.mayBlock = false;
  const path = stateFile ?? join(directory, STATE_FILE);
  const files = new StateFiles(disk, {
    folder: dirname(path),
    name: basename(path),
    owner: config.id,
  });
  return createApp(config.app, SESSION_LIMITS, { diskStorage: { files, onFailed }, around });
}
