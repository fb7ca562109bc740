/** The log files of all nodes as one, in order of time. */

import { clock } from '../figures.ts';
import { filterOf } from '../filter.ts';
import { shownKey } from '../keys.ts';
import type { LogLine, Panel, Scene } from '../scene.ts';
import { harmless, type Line, line, type Piece, piece, type Tone, widthOfLine } from '../text.ts';

const LEVEL_TONES: Readonly<Record<string, Tone>> = { WARN: 'warn', ERROR: 'bad', FATAL: 'bad' };

export function logRows(scene: Scene): LogLine[] {
  const passes = filterOf(scene.ui.filter);
  const end = scene.ui.at === null ? Number.POSITIVE_INFINITY : scene.now.atMs;
  return scene.logs.filter(
    (row) => (row.atMs ?? 0) <= end && passes(`${row.node} ${row.level} ${row.text}`),
  );
}

export const LOGS_PANEL: Panel = {
  title: '8 Logs',
  note: ({ ui, glyphs }) => {
    const where = ui.row === 0 ? 'follows' : `${ui.row} lines ${glyphs.ascending}`;
    const [wrap, times] = ['w', 't'].map((key) => shownKey(ui.keys, key));
    return `${where}  ${wrap} wrap ${ui.isWrapped ? 'on' : 'off'}  ${times} times`;
  },
  draw: (scene, { width, height }) => {
    const rows = logRows(scene);
    if (rows.length === 0) return [line(piece('No line of a log fits.', 'dim'))];
    // Counted from the end: 0 follows what is written.
    const end = Math.max(1, rows.length - scene.ui.row);
    const shown: Line[] = [];
    for (let at = end - 1; at >= 0 && shown.length < height; at -= 1) {
      shown.unshift(...wrapped(logLine(scene, rows[at] as LogLine), scene, width));
    }
    return shown.slice(-height);
  },
};

function logLine({ ui }: Scene, { node, atMs, level, text }: LogLine): Line {
  const time = ui.hasTimes
    ? [piece(`${atMs === null ? '--:--:--.---' : clock(atMs, true)} `, 'dim')]
    : [];
  return line(
    ...time,
    piece(`${node.padEnd(4)} `, 'strong'),
    piece(`${level.padEnd(5)} `, LEVEL_TONES[level] ?? 'dim'),
    harmless(text),
  );
}

function wrapped(pieces: Line, { ui }: Scene, width: number): Line[] {
  if (!ui.isWrapped || widthOfLine(pieces) <= width) return [pieces];
  const lines: Piece[][] = [[]];
  let room = width;
  for (const { text, tone } of pieces) {
    let rest = [...text];
    while (rest.length > 0) {
      if (room === 0) {
        lines.push([piece('    ')]);
        room = width - 4;
      }
      const taken = rest.slice(0, room);
      rest = rest.slice(room);
      room -= taken.length;
      lines.at(-1)?.push(piece(taken.join(''), tone));
    }
  }
  return lines;
}
