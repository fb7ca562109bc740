/**
 * One node as a process: builds the real parts (assembly.ts), starts them in order, and ends them
 * in order.
 *
 * ```
 *  start   config, lock, log (recovery) -> ports bound -> replica -> node.pid
 *  stop    leadership handed over -> client port drained -> replica (network, then log: synced
 *          and marked) -> last events kept -> lock
 *  failure the disk or the log failed: nothing more is answered, the process ends at once
 * ```
 */
import { assemble, type DaemonInit, type Parts } from './assembly.ts';
import { SlowSyncs, watchAnomalies } from './daemon/anomaly-watch.ts';
import { keepLastEvents } from './daemon/last-events.ts';
import { type NodeView, viewOf } from './daemon/node-view.ts';
import { SystemClock } from './io/system-clock.ts';
import { leaveLeadership } from './leadership.ts';
import { PidFile, readNodeConfig } from './node-directory.ts';
import type { StopWish } from './server/admin-contract.ts';

const PID_TOUCH_MS = 1000;

export interface DaemonWish extends Omit<DaemonInit, 'slowSyncs'> {
  /** Keep the last seconds of a profile when something goes wrong. */
  readonly profileOnAnomaly?: boolean;
}

export interface Daemon {
  readonly id: string;
  readonly clientAddress: string;
  readonly view: NodeView;
  /** Reads its keys and tokens again. */
  reload(): void;
  /** Orderly end: clients are answered, the log is synced and marked as cleanly closed. */
  stop(wish: StopWish): Promise<void>;
}

/**
 * Starts the node of a formatted directory; afterwards its ports answer.
 *
 * @throws {RaftctlError} DATA_DIR_EMPTY, DATA_DIR_LOCKED, CONFIG_INVALID, FORMAT_UNSUPPORTED,
 *   WAL_CORRUPT, DISK_FULL, DISK_FAILED, ADDRESS_IN_USE.
 */
export async function startDaemon(init: DaemonWish): Promise<Daemon> {
  const config = await readNodeConfig(init.directory);
  const undo: (() => Promise<void>)[] = [];
  try {
    const slowSyncs = new SlowSyncs();
    const parts = await assemble({ ...init, slowSyncs }, config, undo);
    const { replica, events, servers, extras, incarnation, startedAtMs } = parts;
    const clientAddress = servers.map((server) => server.address).join(', ');
    const pidFile = new PidFile(init.directory);
    undo.push(() => pidFile.remove());
    await pidFile.write({ incarnation, startedAtMs });
    const term = (): number => replica.raft.term;
    slowSyncs.tell = (durationMs) => events.append('sync.slow', term(), { durationMs });
    const endWatch = init.profileOnAnomaly
      ? await watchAnomalies({ events, term, ...init, onTrouble: (error) => tell(init, error) })
      : async () => {};
    undo.push(endWatch);
    replica.start();
    extras.begin({ replica });
    const { app } = config;
    const { version } = init;
    events.append('node.started', replica.raft.term, { app, version, pid: process.pid });
    events.append('node.ready', replica.raft.term, { clientAddress });
    const touching = setInterval(() => pidFile.touch(), PID_TOUCH_MS);
    return {
      id: config.id,
      view: viewOf(parts),
      clientAddress,
      reload: () => parts.security?.reload(() => {}),
      stop: async (wish) => {
        clearInterval(touching);
        await endWatch();
        await stopDaemon(parts, init.directory, wish);
        await pidFile.remove();
        await parts.lock.release();
      },
    };
  } catch (error) {
    for (const task of undo.reverse()) await task();
    throw error;
  }
}

function tell({ log }: DaemonWish, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  log.warn({ reason }, 'cannot keep a profile');
}

async function stopDaemon(
  parts: Parts,
  directory: string,
  { reason, handOver }: StopWish,
): Promise<void> {
  const { servers, admin, replica, stateMachine, events, extras } = parts;
  events.append('node.stopping', replica.raft.term, { reason });
  // While clients are still served: to them it is one leader after the other.
  if (handOver) await leaveLeadership(replica, new SystemClock());
  extras.end();
  await Promise.all(servers.map((server) => server.close()));
  await replica.stop();
  extras.close();
  await stateMachine.close?.();
  await keepLastEvents(directory, events);
  await admin.close();
}
