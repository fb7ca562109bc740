/** A whole screen: header, the view, the lines at the bottom, and what lies over them. */
import { headerLines } from './header.ts';
import { helpLines, keyHints } from './keymap.ts';
import { shownKey } from './keys.ts';
import { BOX_COLUMNS, BOX_ROWS, box, partsOf, windowOf } from './layout.ts';
import { FAULTS, MENU, type MenuItem } from './menus.ts';
import { killWords } from './outcome.ts';
import { completionsOf } from './palette.ts';
import { clusterLines } from './panels/clusters.ts';
import { COMMANDS_PANEL } from './panels/events.ts';
import { detailLines } from './panels/nodes.ts';
import type { Scene, Size } from './scene.ts';
import { type Line, line, type Piece, piece, type Tone, toWidth } from './text.ts';
import type { CommandEntry, Overlay } from './ui.ts';
import { bodyLines } from './views.ts';

const OUTCOME_TONES: Readonly<Record<CommandEntry['outcome'], Tone>> = {
  ...{ running: 'warn', ok: 'good', failed: 'bad' },
};
const INDENT = '  ';
const FOLD = ' \\';

/** Exactly `height` lines of `width` columns. */
export function frameLines(scene: Scene, size: Size): Line[] {
  const { width, height } = size;
  const parts = partsOf(height, scene.clusters.length);
  const header = headerLines(scene, size);
  const footer = parts.footer > 0 ? footerLines(scene, width) : [];
  const body = bodyLines(scene, { width, height: parts.body });
  const lines = [...header, ...body, ...footer].slice(0, height);
  while (lines.length < height) lines.push([]);
  const { overlay } = scene.ui;
  const covered = overlay === null ? lines : over(lines, overlayLines(scene, overlay, size), size);
  return covered.map((pieces) => toWidth(pieces, width));
}

function footerLines(scene: Scene, width: number): Line[] {
  const hints = keyHints(scene, width);
  return [toWidth(promptLine(scene), width), toWidth(line(piece(` ${hints}`, 'dim')), width)];
}

function promptLine(scene: Scene): Line {
  const { prompt, message } = scene.ui;
  if (prompt !== null) {
    const lead = prompt.kind === 'command' ? ' :' : ' /';
    const more =
      prompt.kind === 'command' ? completionsOf(scene, prompt.text).slice(0, 8).join('  ') : '';
    return line(
      piece(lead, 'accent'),
      prompt.text,
      piece('_', 'accent'),
      piece(`   ${more}`, 'dim'),
    );
  }
  if (message !== '') return line(` ${message}`);
  const last = scene.ui.commands.at(-1);
  if (last === undefined) {
    const [command, filter, help] = [':', '/', '?'].map((key) => shownKey(scene.ui.keys, key));
    return line(piece(` ${command} command  ${filter} filter  ${help} help`, 'dim'));
  }
  // The line is long; how it went must be seen, and why not even more.
  if (last.outcome === 'failed') {
    return line(piece(' failed  ', 'bad'), last.said, piece(`  ${last.text}`, 'dim'));
  }
  return line(
    piece(` ${last.outcome}  `, OUTCOME_TONES[last.outcome]),
    last.text,
    piece(last.said === '' ? '' : `  ${last.said}`, 'dim'),
  );
}

function overlayLines(scene: Scene, overlay: Overlay, size: Size): Line[] {
  switch (overlay.kind) {
    case 'help':
      return boxed(scene, `Help: ${scene.ui.view}`, helpLines(scene.ui, overlay.from, size), size);
    case 'commands':
      return boxed(scene, 'Command log', COMMANDS_PANEL.draw(scene, overlayRoom(size)), size);
    case 'detail':
      return boxed(scene, `Node ${overlay.node}`, detailLines(scene, overlay.node), size);
    case 'menu':
      return boxed(scene, 'Actions', menuLines(scene, MENU, overlay.selected), size);
    case 'chaos':
      return boxed(scene, 'Faults', menuLines(scene, FAULTS, overlay.selected), size);
    case 'clusters': {
      const lines = clusterLines(scene, overlay.selected);
      const { from, to } = windowOf(lines.length, overlay.selected, overlayRoom(size).height);
      return boxed(scene, 'Clusters: Enter shows one', lines.slice(from, to), size);
    }
    case 'confirm': {
      const { question, commands, pid } = overlay.pending;
      const room = overlayRoom(size).width - INDENT.length;
      const shown = pid === undefined ? commands.map((w) => ['raftctl', ...w]) : [killWords(pid)];
      const lines = shown.flatMap((words) =>
        folded(words, room).map((text) => line(INDENT, piece(text, 'accent'))),
      );
      const answer = line(piece('y', 'strong'), ' does it, any other key does not');
      return boxed(scene, 'Sure?', [line(question), [], ...lines, [], answer], size);
    }
  }
}

/** Words as lines of at most so many columns, to be pasted as they are. */
function folded(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + FOLD.length >= columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((text, at) => (at === lines.length - 1 ? text : text + FOLD));
}

function menuLines({ glyphs, ui }: Scene, items: readonly MenuItem[], selected: number): Line[] {
  return items.map(({ key, text }, i) =>
    line(
      piece(i === selected ? `${glyphs.cursor} ` : '  ', 'accent'),
      piece(`${shownKey(ui.keys, key)} `.padEnd(3), 'strong'),
      text,
    ),
  );
}

function overlayRoom({ width, height }: Size): Size {
  return { width: width - BOX_COLUMNS, height: height - BOX_ROWS };
}

function boxed(scene: Scene, title: string, lines: readonly Line[], size: Size): Line[] {
  const widest = Math.max(
    30,
    ...lines.map((pieces) => pieces.reduce((n, p) => n + p.text.length, 0)),
  );
  const width = Math.min(size.width, widest + 4);
  const height = Math.min(size.height, lines.length + 2);
  return box(lines, { title, note: 'Esc closes', width, height, hasFocus: true }, scene.glyphs);
}

/** Lays a block in the middle. */
function over(lines: readonly Line[], block: readonly Line[], { width, height }: Size): Line[] {
  const top = Math.max(0, Math.floor((height - block.length) / 2));
  const blockWidth = block[0]?.reduce((n, { text }) => n + text.length, 0) ?? 0;
  const left = Math.max(0, Math.floor((width - blockWidth) / 2));
  return lines.map((under, row) => {
    const laid = block[row - top];
    if (laid === undefined) return under;
    const whole = toWidth(under, width);
    return [...toWidth(whole, left), ...laid, ...after(whole, left + blockWidth)];
  });
}

/** What of a line lies behind a column. */
function after(pieces: Line, column: number): Line {
  const rest: Piece[] = [];
  let at = 0;
  for (const { text, tone } of pieces) {
    const characters = [...text];
    const skip = Math.max(0, column - at);
    if (skip < characters.length) rest.push(piece(characters.slice(skip).join(''), tone));
    at += characters.length;
  }
  return rest;
}
