/**
 * What raft-demo's kvstore has besides its protocol. A node is told once, when its directory is
 * made, and has it in its `node.json` from then on.
 */
import { parseAddress } from '../std/address.ts';

export interface DemoOptions {
  /** Folder of the application log, `log-file-<name>.txt`. Absolute. */
  readonly logFolder?: string;
  /** Every write to it is synced. */
  readonly syncLog?: boolean;
  /** Folder of the throughput file, `<name>-throughput.out`. Absolute. */
  readonly throughputFolder?: string;
  /** `host:port` where the application log is handed out. */
  readonly transferAddress?: string;
  /** Keys that a new cluster begins with; the first of its founders proposes them. */
  readonly prefill?: number;
  /** Values of raft-demo's clients are stored compressed. */
  readonly compress?: boolean;
}

const KINDS = {
  logFolder: 'string',
  syncLog: 'boolean',
  throughputFolder: 'string',
  transferAddress: 'string',
  prefill: 'number',
  compress: 'boolean',
} as const satisfies Record<keyof DemoOptions, string>;

/** Whether what was read from a file are options. */
export function areDemoOptions(value: unknown): value is DemoOptions {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([key, own]) => {
    return Object.hasOwn(KINDS, key) && typeof own === KINDS[key as keyof DemoOptions];
  });
}

/** @returns why an app cannot have them; null: it can. */
export function demoFault(app: string, options: DemoOptions): string | null {
  const { logFolder, syncLog, transferAddress, throughputFolder, prefill, compress } = options;
  const given = (name: string): string => `Cannot use --${name} with --app ${app}`;
  if (app !== 'kvstore') {
    if (prefill !== undefined) return `${given('prefill')}: only a kvstore begins with keys`;
    if (compress) return `${given('compress')}: only a kvstore compresses values`;
  }
  if (app !== 'kvstore' && app !== 'diskstorage') {
    if (logFolder !== undefined) return `${given('logfolder')}: it has no commands of raft-demo`;
    if (throughputFolder !== undefined) return `${given('throughput')}: it has no such commands`;
  }
  if (logFolder === undefined) {
    if (transferAddress !== undefined) return 'Cannot hand out an application log without one';
    if (syncLog) return 'Cannot sync an application log without one';
  }
  if (transferAddress === undefined || isWhere(transferAddress)) return null;
  return `Cannot hand out the application log on ${JSON.stringify(transferAddress)}: say HOST:PORT`;
}

function isWhere(text: string): boolean {
  const address = parseAddress(text);
  return address !== null && address.port !== 0;
}
