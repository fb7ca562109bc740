/** Captures of processor and memory profiles. */
import { bytes, clock } from '../figures.ts';
import type { Panel } from '../scene.ts';
import { line, padStart, piece } from '../text.ts';

export const PROFILES_PANEL: Panel = {
  title: '9 Profiles',
  note: () => 'P processor, O allocations of a node chosen or marked in view 1',
  rows: ({ profiles }) => profiles.map(({ file }) => file),
  draw: ({ profiles, ui, glyphs }, { height }) => {
    if (profiles.length === 0) {
      return [
        line(piece('No profile was taken yet.', 'dim')),
        line(
          'In view 1, P takes a profile of the processor of the chosen node, O one of what it allocates.',
        ),
        line('Both are files that Chrome DevTools and speedscope open.'),
      ];
    }
    const header = piece('  TIME      NODE  KIND       SIZE  FILE', 'dim');
    const rows = profiles
      .slice(0, height - 1)
      .map(({ node, kind, atMs, file, bytes: size }, i) =>
        line(
          piece(i === ui.row ? `${glyphs.cursor} ` : '  ', 'accent'),
          `${clock(atMs)}  `,
          piece(node.padEnd(6), 'strong'),
          kind.padEnd(8),
          `${padStart(bytes(size), 7)}  ${file}`,
        ),
      );
    return [line(header), ...rows];
  },
};
