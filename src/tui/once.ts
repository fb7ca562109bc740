/** One frame without a screen: for `--once`, pipes and tests. */
import { electionsOf } from '../forensics/elections.ts';
import { inOrder } from '../forensics/timeline.ts';
import { assert } from '../std/assert.ts';
import type { Flight } from './flight.ts';
import { frameLines } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import type { Scene, Size } from './scene.ts';
import type { Line } from './text.ts';
import type { Ui } from './ui.ts';

export interface OnceInit {
  readonly flight: Flight;
  readonly ui: Ui;
  readonly isAscii: boolean;
  readonly size: Size;
  readonly replay: string | null;
}

/** The newest sample as a frame. */
export function onceLines(init: OnceInit): Line[] {
  return frameLines(sceneOf(init), init.size);
}

/** The newest sample, to draw or to report on. */
export function sceneOf({ flight, ui, isAscii, replay }: Omit<OnceInit, 'size'>): Scene {
  const index = flight.length - 1;
  const now = flight.at(index);
  assert(now !== null, 'a flight that is shown has a sample');
  const events = inOrder(flight.eventsUntil(index, 3000));
  return {
    ...{ ui, now, events, replay },
    glyphs: glyphsFor(isAscii),
    history: flight.until(index, 720),
    elections: electionsOf(events),
    logs: [],
    profiles: [],
    batches: {},
    position: { index, length: flight.length },
    recordedBytes: null,
  };
}
