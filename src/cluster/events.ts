/** What all nodes of a cluster still know of what happened. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeWatcher } from '../client/node-watcher.ts';
import { RaftctlError } from '../std/errors.ts';
import { LAST_EVENTS_NAME, type NodeEvent } from '../wire/events.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';

const ANSWER_MS_MAX = 3000;
/** By more than this the two clocks only move apart when the machine was started anew. */
const CLOCKS_APART_MS_MAX = 60_000;

export interface GatheredEvents {
  readonly events: readonly NodeEvent[];
  /** Nodes that did not answer: what only they know is missing. */
  readonly silent: readonly string[];
}

/** @throws {RaftctlError} UNREACHABLE when no node answers. */
export async function gatherEvents(spec: ClusterSpec): Promise<GatheredEvents> {
  const silent: string[] = [];
  const parts = await Promise.all(
    spec.nodes.map(async (node) => {
      const kept = await lastEventsOf(node);
      const told = await eventsOf(node);
      if (told === null) silent.push(node.id);
      const lives = new Set(told?.map(({ incarnation }) => incarnation));
      return [...kept.filter(({ incarnation }) => !lives.has(incarnation)), ...(told ?? [])];
    }),
  );
  if (silent.length < spec.nodes.length) return { events: parts.flat(), silent };
  throw new RaftctlError('UNREACHABLE', {
    message: `Cannot ask ${spec.name} for its events: no node answers`,
    hint: `Start it: raftctl cluster up ${spec.name}`,
  });
}

/** Null: it does not answer. */
async function eventsOf({ adminAddress }: ClusterNode): Promise<NodeEvent[] | null> {
  const watcher = new NodeWatcher(adminAddress, () => {});
  try {
    return await watcher.events(ANSWER_MS_MAX);
  } catch (error) {
    if (!(error instanceof RaftctlError)) throw error;
    return null;
  } finally {
    watcher.close();
  }
}

/** What a node of this machine left behind at its last orderly end. */
async function lastEventsOf({ dataDir }: ClusterNode): Promise<NodeEvent[]> {
  const text = await readFile(join(dataDir, LAST_EVENTS_NAME), 'utf8').catch(() => '');
  const bootWallMs = Date.now() - Number(process.hrtime.bigint()) / 1e6;
  return text
    .split('\n')
    .flatMap(parseEvent)
    .filter(({ wallMs, monoNs }) => {
      const apartMs = wallMs - Number(monoNs) / 1e6 - bootWallMs;
      return Math.abs(apartMs) <= CLOCKS_APART_MS_MAX;
    });
}

/** A node may be ended by force while it writes. */
function parseEvent(line: string): NodeEvent[] {
  try {
    return [JSON.parse(line) as NodeEvent];
  } catch {
    return [];
  }
}
