/**
 * Metrics of the process itself, under the names prom-client made usual. Its own collectors are
 * not used: they read files without yielding and cannot be stopped.
 */
import { readdir } from 'node:fs/promises';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { Histogram } from '../../std/histogram.ts';
import type { EventData } from '../../wire/events.ts';
import type { ProcessVitals } from '../../wire/vitals.ts';
import type { MetricsPage } from './admin-metrics.ts';
import { ProcessorWait } from './processor-wait.ts';

/** How often the lag of the event loop is looked at: each look wakes an idle process. */
const LAG_PROBE_MS = 100;
/** A look that comes this much too late is told, with what the process did meanwhile. */
const STALL_MS = 200;

/** What the process itself can tell of a standstill. */
export type Stall = Omit<EventData['process.stalled'], 'syncMs'>;

interface Look {
  readonly atMs: number;
  readonly cpuUs: number;
  /** The loop's thread could have run, and had no processor. */
  readonly waitedMs: number;
  /** All pauses of the collector so far. */
  readonly gcUs: number;
}

export class ProcessMetrics {
  /** Since the start of the process. */
  readonly #loopDelay = new Histogram();
  readonly #gcPauses = new Histogram();
  /** Since the last page of metrics. */
  #pageDelay = new Histogram();
  #utilization = performance.eventLoopUtilization();
  readonly #waiting = new ProcessorWait();
  #look: Look = this.#lookNow(0);
  /** Told with the next look: the collector's pauses are heard of a little later. */
  #stall: (Omit<Stall, 'gcMs' | 'resumed'> & { readonly gcUs: number }) | null = null;
  readonly #onStall: (stall: Stall) => void;
  #resumed = false;
  readonly #probe: NodeJS.Timeout;
  readonly #collections: PerformanceObserver;

  constructor(onStall: (stall: Stall) => void = () => {}) {
    this.#onStall = onStall;
    this.#probe = setInterval(() => this.#probeLoop(), LAG_PROBE_MS).unref();
    this.#collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#gcPauses.record(duration * 1000);
    });
    this.#collections.observe({ entryTypes: ['gc'] });
    process.on('SIGCONT', this.#onResumed);
  }

  close(): void {
    clearInterval(this.#probe);
    this.#collections.disconnect();
    process.off('SIGCONT', this.#onResumed);
    this.#waiting.close();
  }

  vitals(): ProcessVitals {
    const memory = process.memoryUsage();
    return {
      monoMs: Number(process.hrtime.bigint()) / 1e6,
      cpuUs: cpuUs(),
      rssBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      externalBytes: memory.external,
      loopActiveMs: performance.eventLoopUtilization().active,
      loopDelay: this.#loopDelay.toJSON(),
      gcPauses: this.#gcPauses.toJSON(),
    };
  }

  readonly #onResumed = (): void => {
    this.#resumed = true;
  };

  #probeLoop(): void {
    const before = this.#look;
    const look = this.#lookNow(this.#gcPauses.sumUs);
    this.#look = look;
    const lateMs = Math.max(0, look.atMs - before.atMs - LAG_PROBE_MS);
    this.#loopDelay.record(lateMs * 1000);
    this.#pageDelay.record(lateMs * 1000);
    if (this.#stall !== null) {
      const { gcUs, ...told } = this.#stall;
      this.#stall = null;
      const gcMs = Math.round((look.gcUs - gcUs) / 1000);
      this.#onStall({ ...told, gcMs, resumed: this.#resumed });
    }
    if (lateMs < STALL_MS) this.#resumed = false;
    if (lateMs < STALL_MS) return;
    const cpuMs = Math.round((look.cpuUs - before.cpuUs) / 1000);
    const waitMs = Math.round(look.waitedMs - before.waitedMs);
    this.#stall = { delayMs: Math.round(lateMs), cpuMs, waitMs, gcUs: before.gcUs };
  }

  #lookNow(gcUs: number): Look {
    return { atMs: performance.now(), cpuUs: cpuUs(), waitedMs: this.#waiting.ms(), gcUs };
  }

  /** The lag is that since the last call. */
  async add(page: MetricsPage): Promise<void> {
    const gauge = (name: string, help: string, value: number): void => {
      page.add(name, { help, type: 'gauge' }, { labels: {}, value });
    };
    const counter = (name: string, help: string, value: number): void => {
      page.add(name, { help, type: 'counter' }, { labels: {}, value });
    };
    const cpu = process.cpuUsage();
    counter('process_cpu_user_seconds_total', 'CPU time in user mode', cpu.user / 1e6);
    counter('process_cpu_system_seconds_total', 'CPU time in the kernel', cpu.system / 1e6);
    counter('process_cpu_seconds_total', 'CPU time', (cpu.user + cpu.system) / 1e6);
    const startedAt = Date.now() / 1000 - process.uptime();
    gauge('process_start_time_seconds', 'Unix time of the start', Math.round(startedAt));
    const memory = process.memoryUsage();
    gauge('process_resident_memory_bytes', 'Resident memory', memory.rss);
    gauge('nodejs_heap_size_total_bytes', 'Heap taken from the system', memory.heapTotal);
    gauge('nodejs_heap_size_used_bytes', 'Heap in use', memory.heapUsed);
    gauge('nodejs_external_memory_bytes', 'Memory of buffers', memory.external);
    const files = await openFileCount();
    if (files !== null) gauge('process_open_fds', 'Open file descriptors', files);
    this.#addEventLoop(gauge);
  }

  #addEventLoop(gauge: (name: string, help: string, value: number) => void): void {
    const delay = this.#pageDelay;
    this.#pageDelay = new Histogram();
    const lag = (name: string, delayUs: number): void => {
      const help = 'Lag of the loop since the last look';
      gauge(`nodejs_eventloop_lag_${name}_seconds`, help, delayUs / 1e6);
    };
    lag('mean', delay.meanUs);
    lag('p50', delay.percentile(50));
    lag('p90', delay.percentile(90));
    lag('p99', delay.percentile(99));
    lag('max', delay.maxUs);
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    gauge('nodejs_eventloop_utilization', 'Share of time the loop was busy', utilization);
  }
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** null where the system does not tell. */
async function openFileCount(): Promise<number | null> {
  try {
    // One of them is the listing's own.
    return (await readdir('/proc/self/fd')).length - 1;
  } catch {
    return null;
  }
}
