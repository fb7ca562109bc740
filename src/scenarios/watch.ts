/**
 * Follows the events of all nodes of a local cluster as they happen, and holds them against what
 * Raft promises if that is wished. A promise that is broken is kept: all that is known goes into a
 * bundle, and every node of this machine is stopped where it stands, until somebody resumes it.
 */
import { NodeWatcher } from '../client/node-watcher.ts';
import { pauseNodes } from '../cluster/nodes.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { SafetyMonitor, type Violation } from '../forensics/safety.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeEvent } from '../wire/events.ts';
import { makeBundle } from './bundle.ts';
import { gatherFacts } from './doctor-facts.ts';

export interface WatchWish {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  /** Null: until the signal. */
  readonly durationMs: number | null;
  readonly isSafety: boolean;
  /** Whether a broken promise stops the nodes. */
  readonly freezes: boolean;
  /** Of the bundle; null: in this folder, by name and time. */
  readonly path: string | null;
  /** Of this raftctl. */
  readonly version: string;
  readonly signal: AbortSignal;
  /** Each event that happens from now on. */
  readonly onEvent: (event: NodeEvent) => void;
  readonly onViolation: (violation: Violation) => void;
}

export interface WatchEnd {
  readonly cluster: string;
  readonly durationMs: number;
  /** How many were looked at, those of before included, as far as the nodes knew them. */
  readonly events: number;
  /** How often events were lost on the way: what was in them is not judged. */
  readonly gaps: number;
  readonly violations: readonly Violation[];
  /** The file; null: there was no reason to write one. */
  readonly bundle: string | null;
  /** Nodes that were stopped. */
  readonly frozen: readonly string[];
}

/** @throws {RaftctlError} UNREACHABLE when no node ever answered; what `makeBundle` throws. */
export async function watchCluster(wish: WatchWish): Promise<WatchEnd> {
  const { spec, isSafety, signal, durationMs } = wish;
  const begun = performance.now();
  const fromMs = Date.now();
  const monitor = new SafetyMonitor();
  const violations: Violation[] = [];
  const ended = new AbortController();
  let events = 0;
  const take = (event: NodeEvent): void => {
    if (ended.signal.aborted) return;
    events += 1;
    if (event.wallMs >= fromMs) wish.onEvent(event);
    for (const violation of isSafety ? monitor.take(event) : []) {
      violations.push(violation);
      wish.onViolation(violation);
      ended.abort();
    }
  };
  const watchers = spec.nodes.map(({ adminAddress }) => new NodeWatcher(adminAddress, take));
  for (const watcher of watchers) watcher.follow();
  await anyOf(durationMs, [signal, ended.signal]);
  const gaps = watchers.reduce((sum, watcher) => sum + watcher.gaps, 0);
  for (const watcher of watchers) watcher.close();
  if (events === 0 && !signal.aborted) {
    throw new RaftctlError('UNREACHABLE', {
      message: `Cannot watch ${spec.name}: no node told of an event`,
      hint: `Look: raftctl cluster doctor ${spec.name}`,
    });
  }
  const kept = violations.length === 0 ? NOTHING_KEPT : await keep(wish, violations);
  const ms = Math.round(performance.now() - begun);
  return { cluster: spec.name, durationMs: ms, events, gaps, violations, ...kept };
}

type Kept = Pick<WatchEnd, 'bundle' | 'frozen'>;

const NOTHING_KEPT: Kept = { bundle: null, frozen: [] };

/** Asks first: stopped nodes answer nothing. They are stopped whether that goes well or not. */
async function keep(wish: WatchWish, violations: readonly Violation[]): Promise<Kept> {
  const { store, spec, version, path, freezes } = wish;
  let frozen: readonly string[] = [];
  let bundle: string;
  try {
    const { signal } = new AbortController();
    const facts = await gatherFacts({ store, spec, spanMs: null, signal });
    const more = { 'violations.json': violations };
    const file = { path, mayReplace: false, more };
    bundle = (await makeBundle({ store, spec, facts, version, ...file })).file;
  } finally {
    const results = freezes ? await pauseNodes(spec.nodes) : [];
    frozen = results.filter(({ outcome }) => outcome === 'paused').map(({ id }) => id);
  }
  return { bundle, frozen };
}

/** Returns when the time is over or one of the signals came. */
function anyOf(ms: number | null, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = ms === null ? null : setTimeout(() => end(), ms);
    const end = (): void => {
      if (timer !== null) clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    for (const signal of signals) signal.addEventListener('abort', end);
    if (signals.some(({ aborted }) => aborted)) end();
  });
}
