/**
 * Metrics of the process itself, under the names prom-client made usual. Its own collectors are
 * not used: they read files without yielding and cannot be stopped.
 */
import { readdir } from 'node:fs/promises';
import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { MetricsPage } from './admin-metrics.ts';

/** How often the lag of the event loop is looked at: each look wakes an idle process. */
const LAG_PROBE_MS = 100;

export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: LAG_PROBE_MS });
  #utilization = performance.eventLoopUtilization();

  constructor() {
    this.#delay.enable();
  }

  close(): void {
    this.#delay.disable();
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
    const lag = (name: string, delayNs: number): void => {
      // The probe measures from one wake to the next, so its own pause is in it.
      const seconds = Math.max(0, delayNs / 1e9 - LAG_PROBE_MS / 1000);
      const value = Number.isFinite(seconds) ? seconds : 0;
      gauge(`nodejs_eventloop_lag_${name}_seconds`, 'Lag of the loop since the last look', value);
    };
    lag('mean', this.#delay.mean);
    lag('p50', this.#delay.percentile(50));
    lag('p90', this.#delay.percentile(90));
    lag('p99', this.#delay.percentile(99));
    lag('max', this.#delay.max);
    this.#delay.reset();
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    gauge('nodejs_eventloop_utilization', 'Share of time the loop was busy', utilization);
  }
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
