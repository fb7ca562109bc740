/**
 * The process around a daemon: its log, its signals and its exit code. Whatever goes wrong is loud:
 * the reason is the last line of the log, and nothing goes on after an error nobody expected.
 */
import { RaftctlError } from '../std/errors.ts';
import type { ClientPortConfig } from '../wire/client-port.ts';
import type { OlderExtras } from './daemon/older-extras.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { paceHeap } from './io/heap-pace.ts';
import { type LogLevel, type LogSink, openLogSink } from './io/log-sink.ts';
import { LifeProfile, type LifeProfileWish } from './profiler/life-profile.ts';
import type { StopWish } from './server/admin-contract.ts';

/** An orderly stop that takes longer is ended by force. */
const STOP_MS_MAX = 20_000;

export interface RunDaemonInit {
  readonly directory: string;
  readonly version: string;
  /** Null: stderr. */
  readonly logFile: string | null;
  readonly logLevel?: LogLevel;
  /** Profiles of the whole life of the process. */
  readonly profiles?: LifeProfileWish;
  /** See DaemonWish. */
  readonly profileOnAnomaly?: boolean;
  readonly holderOfPort: (port: number) => Promise<string | null>;
  /** See DaemonInit. */
  readonly ports?: readonly ClientPortConfig[];
  readonly extras?: OlderExtras;
  readonly insecureBind?: boolean;
  /** Called when all ports answer. */
  readonly onReady?: () => void;
  /** Told the last words besides the log. */
  readonly onTrouble?: (message: string) => void;
}

/** Several nodes in this process: each listens for every signal, and that is no leak. */
export function expectNodes(count: number): void {
  process.setMaxListeners(process.getMaxListeners() + count);
}

/**
 * Runs a node until it is told to stop.
 *
 * @returns the exit code of the process; by then nothing is left open.
 */
export async function runDaemon(init: RunDaemonInit): Promise<number> {
  const { directory, version, holderOfPort } = init;
  paceHeap();
  const sink = openLogSink({ level: init.logLevel ?? 'info', path: init.logFile, fields: {} });
  const stop = new StopSignal();
  const die = (error: unknown): void => {
    tellEnd(sink, init, error);
    // Fail stop: no close, no clean mark, nothing that could wait on the broken part.
    process.exit(exitCodeOf(error));
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  process.on('SIGTERM', () => stop.ask({ reason: 'SIGTERM', handOver: true }));
  process.on('SIGINT', () => stop.ask({ reason: 'SIGINT', handOver: true }));
  let daemon: Daemon | null = null;
  process.on('SIGHUP', () => daemon?.reload());
  const profile = await LifeProfile.start(init.profiles ?? {});
  try {
    daemon = await startDaemon({
      ...{ directory, version, holderOfPort, log: sink.log, onFailed: die },
      onStopAsked: (wish) => stop.ask(wish),
      profileOnAnomaly: init.profileOnAnomaly ?? false,
      insecureBind: init.insecureBind ?? false,
      ...(init.ports === undefined ? {} : { ports: init.ports }),
      ...(init.extras === undefined ? {} : { extras: init.extras }),
    });
  } catch (error) {
    tellEnd(sink, init, error);
    await sink.close();
    return exitCodeOf(error);
  }
  const { id, clientAddress } = daemon;
  const telling =
    clientAddress === '' ? 'following the cluster' : `serving clients on ${clientAddress}`;
  sink.log.info({ node: id, directory, version }, telling);
  init.onReady?.();
  const wish = await stop.asked;
  sink.log.info({ node: id, reason: wish.reason }, 'stopping');
  const timer = setTimeout(() => die(new Error('the orderly stop took too long')), STOP_MS_MAX);
  await daemon.stop(wish).catch(die);
  clearTimeout(timer);
  for (const file of (await profile?.write()) ?? [])
    sink.log.info({ node: id, file }, 'profile written');
  sink.log.info({ node: id }, 'stopped');
  await sink.close();
  return 0;
}

/** The first request to stop counts. */
class StopSignal {
  readonly asked: Promise<StopWish>;
  #resolve: (wish: StopWish) => void = () => {};

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  ask(wish: StopWish): void {
    this.#resolve(wish);
  }
}

function tellEnd(sink: LogSink, init: RunDaemonInit, error: unknown): void {
  init.onTrouble?.(error instanceof Error ? error.message : String(error));
  if (error instanceof RaftctlError) {
    const { code, hint, exitCode } = error;
    sink.log.error({ code, hint, exit: exitCode }, error.message);
  } else {
    sink.log.error({ code: 'INTERNAL', err: error }, 'ended by an unexpected error');
  }
  sink.flushSync();
}

function exitCodeOf(error: unknown): number {
  return error instanceof RaftctlError ? error.exitCode : 1;
}
