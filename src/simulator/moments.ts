/**
 * The moments at which a crash hurts most: a vote or an entry on its way to the disk, a log that is
 * cut, a snapshot that has just got its name. Faults by the clock meet them too rarely, so a plan
 * may say that the next node to come to one ends there (nemesis.ts).
 */
import type { LogIndex, MemberNumber } from '../node/model/ids.ts';
import type { LogBase, LogWrite } from '../node/model/log-write.ts';
import type { RecoveredLog } from '../node/ports/log-store.ts';
import { Oracles } from './oracles.ts';

export const MOMENTS = [
  /** Handed to the log: a term or a vote; entries; entries in place of others; a new beginning. */
  'term',
  'entries',
  'truncation',
  'reset',
  /** A snapshot is durable under its name: an own one, or one that came from the leader. */
  'snapshot',
  'receivedSnapshot',
  /** The log was opened; it was told to forget. */
  'start',
  'compaction',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** The oracles see all that passes the ports, and so every moment. */
export class MomentOracles extends Oracles {
  onMoment: (member: MemberNumber, moment: Moment) => void = () => {};

  override recovered(member: MemberNumber, found: RecoveredLog, snapshot?: LogBase): void {
    super.recovered(member, found, snapshot);
    this.onMoment(member, 'start');
  }

  override wrote(member: MemberNumber, write: LogWrite): void {
    const first = write.batches[0]?.first ?? Number.POSITIVE_INFINITY;
    const cuts = first <= this.record(member).volatile.last;
    super.wrote(member, write);
    if (write.reset !== undefined) this.onMoment(member, 'reset');
    else if (write.hardState !== null) this.onMoment(member, 'term');
    else this.onMoment(member, cuts ? 'truncation' : 'entries');
  }

  override stored(member: MemberNumber, point: LogBase, kind: 'taken' | 'received'): void {
    super.stored(member, point, kind);
    this.onMoment(member, kind === 'taken' ? 'snapshot' : 'receivedSnapshot');
  }

  override compacts(member: MemberNumber, through: LogIndex): void {
    super.compacts(member, through);
    this.onMoment(member, 'compaction');
  }
}
