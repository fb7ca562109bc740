/** One frame without a screen: for `--once`, pipes and tests. */
import { electionsOf } from '../forensics/elections.ts';
import { inOrder } from '../forensics/timeline.ts';
import { assert } from '../std/assert.ts';
import type { Flight } from './flight.ts';
import { frameLines } from './frame.ts';
import type { Glance } from './glance.ts';
import { glyphsFor } from './glyphs.ts';
import type { LogLine, ProfileEntry, Scene, Size } from './scene.ts';
import type { Line } from './text.ts';
import type { Ui } from './ui.ts';

/** What views show beside looks. */
export interface Beside {
  readonly logs: readonly LogLine[];
  readonly profiles: readonly ProfileEntry[];
  readonly batches: Scene['batches'];
}

const NOTHING_BESIDE: Beside = { logs: [], profiles: [], batches: {} };

export interface OnceInit {
  readonly beside?: Beside;
  readonly flight: Flight;
  readonly ui: Ui;
  readonly isAscii: boolean;
  readonly size: Size;
  readonly replay: string | null;
  /** All that are shown, and which of them this one is; left out: it is the only one. */
  readonly clusters?: readonly Glance[];
  readonly chosen?: number;
}

/** The newest sample as a frame. */
export function onceLines(init: OnceInit): Line[] {
  return frameLines(sceneOf(init), init.size);
}

/** The newest sample, to draw or to report on. */
export function sceneOf(init: Omit<OnceInit, 'size'>): Scene {
  const { flight, ui, isAscii, replay, beside = NOTHING_BESIDE, clusters = [], chosen = 0 } = init;
  const index = flight.length - 1;
  const now = flight.at(index);
  assert(now !== null, 'a flight that is shown has a sample');
  const events = inOrder(flight.eventsUntil(index, 3000));
  return {
    ...{ ui, now, events, replay, clusters, chosen },
    glyphs: glyphsFor(isAscii),
    history: flight.until(index, 720),
    elections: electionsOf(events),
    ...beside,
    position: { index, length: flight.length },
    recordedBytes: null,
  };
}
