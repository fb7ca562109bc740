/** The options of raft-demo's kvstore as flags of whatever makes nodes. */
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { RaftctlError } from '../std/errors.ts';
import { type DemoOptions, demoFault } from '../wire/demo-options.ts';
import type { AppName } from '../wire/node-config.ts';

export const demoFlags = {
  logfolder: Flags.string({
    summary: 'Write the application log of raft-demo into this folder; a logger: its logs.',
    helpValue: 'DIR',
    env: 'RAFTCTL_LOGFOLDER',
  }),
  synclog: Flags.boolean({
    summary: 'Sync every write to the application log.',
    dependsOn: ['logfolder'],
    env: 'RAFTCTL_SYNCLOG',
  }),
  throughput: Flags.string({
    summary: 'Write how many commands came each second into this folder, NODE-throughput.out.',
    helpValue: 'DIR',
    env: 'RAFTCTL_THROUGHPUT',
  }),
  prefill: Flags.integer({
    summary: 'Keys 0, 1, ... of 1024 bytes that a new cluster begins with.',
    helpValue: 'COUNT',
    min: 1,
    env: 'RAFTCTL_PREFILL',
  }),
  compress: Flags.boolean({
    summary: "Store values of raft-demo's clients compressed; the same for all nodes.",
    env: 'RAFTCTL_COMPRESS',
  }),
};

/** Where one node hands it out. */
export const hrecovFlag = Flags.string({
  summary: 'Hand out the application log here.',
  helpValue: 'HOST:PORT',
  dependsOn: ['logfolder'],
  env: 'RAFTCTL_HRECOV',
});

/** Their names, as they are typed. */
export const DEMO_FLAG_NAMES = [...Object.keys(demoFlags), 'hrecov'];

export interface SaidDemoFlags {
  readonly logfolder?: string | undefined;
  readonly synclog?: boolean | undefined;
  readonly throughput?: string | undefined;
  readonly prefill?: number | undefined;
  readonly compress?: boolean | undefined;
  readonly hrecov?: string | undefined;
  /** The cluster runs already. */
  readonly join?: string | undefined;
}

/** What was said, with absolute folders; empty: nothing was. */
export function demoOptionsOf(said: SaidDemoFlags): DemoOptions {
  const { logfolder, throughput, prefill, hrecov } = said;
  return {
    ...(logfolder !== undefined && { logFolder: resolve(logfolder) }),
    ...(said.synclog === true && { syncLog: true }),
    ...(throughput !== undefined && { throughputFolder: resolve(throughput) }),
    ...(hrecov !== undefined && { transferAddress: hrecov }),
    ...(prefill !== undefined && { prefill }),
    ...(said.compress === true && { compress: true }),
  };
}

const LATE = 'Cannot fill a cluster that runs: --prefill goes with --bootstrap';

/** As a part of node.json. @throws {RaftctlError} USAGE when the app cannot have it. */
export function demoIn(said: SaidDemoFlags, app: AppName): { readonly demo?: DemoOptions } {
  const demo = demoOptionsOf(said);
  const isLate = said.join !== undefined && demo.prefill !== undefined;
  const fault = isLate ? LATE : demoFault(app, demo);
  if (fault !== null) throw new RaftctlError('USAGE', { message: fault });
  return Object.keys(demo).length === 0 ? {} : { demo };
}
