/**
 * What a person must find in a node's log: the few events that change what the node does. All
 * events are on the admin port.
 */

import type { Log } from '../std/log.ts';
import { formatBytes } from '../std/units.ts';
import type { EventData, EventType } from '../wire/events.ts';
import type { Emit } from './replica/trace-events.ts';

type Tellers = {
  readonly [T in EventType]?: (log: Log, data: EventData[T], term: number, disk: string) => void;
};

const TELLERS: Tellers = {
  'leader.elected': (log, { votes, durationMs }, term) =>
    log.info({ term, votes, durationMs }, 'leads from now on'),
  'leader.steppedDown': (log, { reason }, term) => log.info({ term, reason }, 'leads no more'),
  'leader.known': (log, { leader }, term) =>
    log.info({ term }, leader === null ? 'follows nobody' : `follows ${leader}`),
  'transfer.started': (log, { to }, term) => log.info({ term }, `hands leadership to ${to}`),
  'transfer.ended': (log, { to, outcome, reason, durationMs }, term) => {
    const facts = { term, outcome, reason, durationMs };
    if (outcome === 'done') log.info(facts, `${to} has taken over`);
    else log.warn(facts, `${to} has not taken over`);
  },
  'disk.full': (log, { freeBytes }, _term, disk) =>
    log.error(
      { code: 'DISK_FULL', directory: disk, freeBytes },
      `takes no more writes as the disk is full: ${formatBytes(freeBytes)} free at ${disk}`,
    ),
  'disk.room': (log, { freeBytes }, _term, disk) =>
    log.info(
      { directory: disk, freeBytes },
      `takes writes again: ${formatBytes(freeBytes)} free at ${disk}`,
    ),
  'disk.warning': (log, { usedPercent, freeBytes }, _term, disk) =>
    log.warn(
      { directory: disk, usedPercent, freeBytes },
      `the disk is ${usedPercent} % full: ${formatBytes(freeBytes)} free at ${disk}`,
    ),
};

/** Passes every event on and tells the log of some. @param directory names the disk. */
export function tellingLog(emit: Emit, log: Log, directory: string): Emit {
  return (type, term, data) => {
    emit(type, term, data);
    TELLERS[type]?.(log, data, term, directory);
  };
}
