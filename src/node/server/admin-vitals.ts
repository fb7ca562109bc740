/** Answers `GET /v1/vitals`: all that a dashboard asks of a node several times a second, in one. */
import type { HistogramJson } from '../../std/histogram.ts';
import type { NodeVitals } from '../../wire/vitals.ts';
import type { AdminReplica } from './admin-contract.ts';
import type { ProcessMetrics } from './admin-process.ts';

export function vitalsOf(replica: AdminReplica, process: ProcessMetrics): NodeVitals {
  const counters: Record<string, number> = {};
  for (const [name, counter] of Object.entries(replica.counters())) {
    if ('value' in counter) counters[name] = counter.value;
  }
  const phases: Record<string, HistogramJson> = {};
  for (const [name, histogram] of replica.phases()) phases[name] = histogram.toJSON();
  return {
    status: replica.status(),
    process: process.vitals(),
    peers: replica.peers(),
    counters,
    syncs: replica.syncs().toJSON(),
    phases,
  };
}
