/** Counts, in one world, what the rows of coverage.ts name and nobody else counts. */
import type { PeerMessage } from '../node/model/message.ts';

export class Tally {
  readonly #counts = new Map<string, number>();

  add(row: string, count = 1): void {
    this.#counts.set(row, (this.#counts.get(row) ?? 0) + count);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  message(message: PeerMessage): void {
    switch (message.type) {
      case 'appendReject':
        this.add('append rejects');
        return;
      case 'readIndex':
        this.add('ReadIndex asked');
        return;
      case 'readIndexReply':
        if (message.index === 0) this.add('ReadIndex refused');
        return;
      case 'forward':
        this.add('forwards');
        return;
      case 'forwardRefused':
        this.add('forwards refused');
        return;
      default:
    }
  }

  /** An event of the program's own (wire/events.ts). */
  event(type: string, data: Readonly<Record<string, unknown>>): void {
    switch (type) {
      case 'leader.elected':
        this.add('elections won');
        return;
      case 'election.started':
        if (data['reason'] === 'leaderConnectionLost') this.add('lost leader noticed');
        if (data['reason'] === 'transfer') this.add('takeovers');
        return;
      case 'vote.answered':
        if (data['granted'] === true) return;
        this.add(data['kind'] === 'vote' ? 'votes refused' : 'pre-votes refused');
        return;
      case 'leader.steppedDown':
        if (data['reason'] === 'checkQuorum') this.add('check-quorum');
        if (data['reason'] === 'higherTerm') this.add('higher term');
        return;
      case 'snapshot.sending':
        this.add('snapshots sent');
        return;
      case 'snapshot.installed':
        this.add('snapshots installed');
        return;
      case 'disk.full':
        this.add('full disks');
        return;
      default:
    }
  }
}
