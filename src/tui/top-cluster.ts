/** One of the clusters on the screen: what was seen of it, and how `raftctl` is told of it. */
import { type Election, electionsOf } from '../forensics/elections.ts';
import { inOrder } from '../forensics/timeline.ts';
import type { NodeEvent } from '../wire/events.ts';
import type { Flight } from './flight.ts';
import { type Glance, glanceOf } from './glance.ts';
import type { LogLine, ProfileEntry, Scene } from './scene.ts';

const LOG_LINES_MAX = 5000;
const EVENTS_COUNT = 3000;

/** Events in order of time, and what they amount to. */
interface Story {
  readonly key: string;
  readonly events: readonly NodeEvent[];
  readonly elections: readonly Election[];
}

export interface TopClusterInit {
  readonly name: string;
  readonly flight: Flight;
  /** Flags that name the cluster to `raftctl`. */
  readonly scope: readonly string[];
  /** The context that led here; null: none. */
  readonly context: string | null;
  readonly profileDirectory: string;
}

export class TopCluster {
  readonly name: string;
  readonly flight: Flight;
  readonly scope: readonly string[];
  readonly context: string | null;
  readonly profileDirectory: string;
  readonly logs: LogLine[] = [];
  profiles: readonly ProfileEntry[] = [];
  batches: Scene['batches'] = {};
  #story: Story = { key: '', events: [], elections: [] };

  constructor({ name, flight, scope, context, profileDirectory }: TopClusterInit) {
    this.name = name;
    this.flight = flight;
    this.scope = scope;
    this.context = context;
    this.profileDirectory = profileDirectory;
  }

  addLog(line: LogLine): void {
    this.logs.push(line);
    if (this.logs.length > LOG_LINES_MAX * 1.1) {
      this.logs.splice(0, this.logs.length - LOG_LINES_MAX);
    }
  }

  /** Put in order and read only when there are other events than at the last call. */
  storyAt(index: number): Story {
    const arrived = this.flight.eventsUntil(index, EVENTS_COUNT);
    const last = arrived.at(-1);
    const key = `${arrived.length} ${last?.node} ${last?.incarnation} ${last?.seq} ${arrived[0]?.monoNs}`;
    if (key !== this.#story.key) {
      const events = inOrder(arrived);
      this.#story = { key, events, elections: electionsOf(events) };
    }
    return this.#story;
  }

  /** How it was at a moment; null: how it is. */
  glanceAt(atMs: number | null): Glance {
    const { name, flight } = this;
    const index = atMs === null ? flight.length - 1 : flight.indexAt(atMs);
    return glanceOf(name, flight.at(index - 1), flight.at(index));
  }
}
