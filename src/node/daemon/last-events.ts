/**
 * The last events of a life, kept in the data directory at its orderly end: what the process said
 * of its stop would otherwise be known only to those who followed it. One JSON object a line.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LAST_EVENTS_NAME } from '../../wire/events.ts';
import type { EventRing } from '../replica/event-ring.ts';

/** Some 150 KiB. */
const LAST_EVENTS_MAX = 512;

/** A full disk or a removed directory must not keep a node from its orderly end. */
export async function keepLastEvents(directory: string, ring: EventRing): Promise<void> {
  const { incarnation, lastSeq } = ring;
  const { events } = ring.since({ incarnation, seq: Math.max(0, lastSeq - LAST_EVENTS_MAX) });
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const path = join(directory, LAST_EVENTS_NAME);
  try {
    await writeFile(`${path}.tmp`, text, { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  } catch {
    // Nobody is left to be told.
  }
}
