/** What a recovery would do and what it may cost, in plain words. Pure. */
import type { Paint } from '../std/paint.ts';
import { tableLines } from '../std/table.ts';
import { formatCount, plural } from '../std/units.ts';
import { durabilityOf } from '../wire/status.ts';
import type { RecoveryFound } from './recover.ts';
import { weakestFsync } from './status.ts';
import { type ClusterSpec, quorumOf } from './topology.ts';

export function recoveryLines(
  spec: ClusterSpec,
  { plan, unusable }: RecoveryFound,
  paint: Paint,
): string[] {
  const fsync = weakestFsync(spec);
  const lost = plan.lost.map(({ id }) => id).join(', ');
  const gone = plan.lost.filter(({ voter }) => voter).length;
  const { votersBefore: before, votersAfter: after, survivors } = plan;
  const needed = quorumOf(before);
  const left = before - gone;
  return [
    `${paint('bold', spec.name)} has lost its majority: ${left} of ${plural(before, 'voter')} left, ${needed} needed`,
    ...unusable.map(({ id, reason }) => `  ${paint('red', id)}: ${reason}`),
    '',
    ...tableLines(
      [
        { title: 'SURVIVOR', cell: (one: (typeof survivors)[number]) => one.id },
        { title: 'LAST ENTRY', align: 'right', cell: (one) => formatCount(one.lastIndex) },
        { title: 'OF TERM', align: 'right', cell: (one) => one.lastTerm },
        { title: 'VOTES', cell: (one) => (one.voter ? 'yes' : 'no') },
        { title: '', cell: (one) => (one.id === plan.source ? 'its log goes on' : '') },
      ],
      survivors,
      paint,
    ),
    '',
    `Kept: all entries up to ${formatCount(plan.lastIndex)}${writtenText(plan.lastWriteMs)}.`,
    lossLine({ mayLose: plan.mayLose, lost }, paint),
    ...(fsync === 'always' ? [] : [paint('yellow', durabilityOf(fsync))]),
    'Entries at its end that no client was told of become final, too.',
    `Gone for good: ${lost}. If one of them still runs somewhere, end it first: it would take writes of its own.`,
    `Afterwards: ${plural(after, 'voter')}, quorum ${quorumOf(after)}, tolerance ${after - quorumOf(after)}.`,
  ];
}

function writtenText(atMs: number | null): string {
  return atMs === null ? '' : `, written at ${new Date(atMs).toISOString()}`;
}

function lossLine(
  { mayLose, lost }: { readonly mayLose: boolean; readonly lost: string },
  paint: Paint,
): string {
  if (mayLose) {
    return paint(
      'red',
      `May be lost: every write after that which was acknowledged by ${lost} alone. Nobody can tell how many.`,
    );
  }
  return 'Lost: nothing that was acknowledged. Each majority there was has a survivor in it.';
}
