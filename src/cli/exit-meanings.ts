/** Exit codes for people, as `docs/errors.md` has them: a test holds the two together. */
import { EXIT } from '../std/errors.ts';

export const EXIT_MEANINGS: ReadonlyMap<number, string> = new Map([
  [EXIT.ok, 'done'],
  [EXIT.failure, 'failed: the code says why'],
  [EXIT.usage, 'used wrongly: nothing was attempted'],
  [EXIT.unreachable, 'nobody to talk to, or no leader: nothing was changed'],
  [EXIT.timeout, 'time ran out: the outcome is not known'],
  [EXIT.unhealthy, 'the cluster works, but is degraded'],
  [EXIT.sloMissed, 'an objective of a measurement was missed'],
  [EXIT.refused, 'refused to protect you: the message names the flag that insists'],
  [EXIT.regression, 'a measurement is worse than the one it was compared with'],
  [
    EXIT.violation,
    'a promise was broken: an acknowledged write is gone, or a history is not linearizable',
  ],
  [EXIT.invalid, 'a measurement that cannot be believed'],
  [EXIT.disk, 'the disk failed or is full'],
  [EXIT.damaged, 'data is damaged, wiped or of an unknown format'],
  [EXIT.locked, 'somebody else holds the data directory'],
  [EXIT.unknownCommand, 'no such command'],
  [EXIT.interrupted, 'interrupted by Ctrl-C'],
  [EXIT.terminated, 'ended by SIGTERM'],
]);
