/** The options of raft-demo's kvstore as they are typed: flags of whatever makes nodes. */
import { resolve } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import { type DemoOptions, demoFault } from '../wire/demo-options.ts';
import type { AppName } from '../wire/node-config.ts';

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
