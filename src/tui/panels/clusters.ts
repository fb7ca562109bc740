/**
 * Lines of the clusters that are watched. Where there are several, each has its line in every view,
 * so that trouble in another one is seen.
 */
import { count, rate } from '../figures.ts';
import type { Glance } from '../glance.ts';
import { shownKey } from '../keys.ts';
import { clustersHeight } from '../layout.ts';
import type { Scene, Size } from '../scene.ts';
import { type Line, line, type Piece, padStart, piece, type Tone } from '../text.ts';

/** The lines under the title: the chosen one and those in trouble where not all have room. */
export function clusterStrip(scene: Scene, { width, height }: Size): Line[] {
  const { clusters, chosen } = scene;
  const room = clustersHeight(clusters.length, height);
  if (room === 0) return [];
  const ranked = clusters
    .map((_, at) => at)
    .sort((a, b) => worth(scene, b) - worth(scene, a) || a - b);
  const shown = new Set(ranked.slice(0, room));
  const lines = clusterLines(scene, chosen).filter((_, at) => shown.has(at));
  const more = clusters.length - shown.size;
  if (more === 0) return lines;
  const note = piece(` +${more} more: ${shownKey(scene.ui.keys, 'C')}`, 'dim');
  return lines.map((one, at) => (at === lines.length - 1 ? noted(one, note, width) : one));
}

function worth({ clusters, chosen }: Scene, at: number): number {
  if (at === chosen) return 3;
  const one = clusters[at];
  return one?.isOut === true ? 2 : one?.trouble == null ? 0 : 1;
}

/** A line with a note at the right end of the screen. */
function noted(one: Line, note: Piece, width: number): Line {
  const left: Piece[] = [];
  let room = width - note.text.length;
  for (const { text, tone } of one) {
    left.push(piece(text.slice(0, room), tone));
    room -= Math.min(room, text.length);
  }
  return [...left, piece(' '.repeat(room)), note];
}

/** A line a cluster. @param selected which one bears the cursor. */
export function clusterLines(scene: Scene, selected: number): Line[] {
  const { clusters, glyphs } = scene;
  const names = Math.max(...clusters.map(({ name }) => name.length));
  const leads = clusters.map(({ leader }) => (leader === null ? '-' : glyphs.leader + leader));
  const leadWidth = Math.max(...leads.map((text) => text.length));
  return clusters.map((one, at) => {
    const isSelected = at === selected;
    return line(
      piece(isSelected ? ` ${glyphs.cursor} ` : '   ', 'accent'),
      piece(one.name.padEnd(names), isSelected ? 'strong' : 'plain'),
      '  ',
      piece((leads[at] ?? '').padEnd(leadWidth), one.leader === null ? 'bad' : 'good'),
      `  ${`T${count(one.term)}`.padEnd(5)}`,
      piece(`${one.up}/${one.nodes} up`, one.up === one.nodes ? 'plain' : 'bad'),
      `  ${padStart(rate(one.commitsPerS), 6)} commits/s  `,
      healthPiece(one, glyphs.alarm),
    );
  });
}

function healthPiece({ trouble, isOut }: Glance, alarm: string): Piece {
  const tone: Tone = trouble === null ? 'good' : isOut ? 'bad' : 'warn';
  return piece(trouble === null ? 'healthy' : `${alarm} ${trouble}`, tone);
}
