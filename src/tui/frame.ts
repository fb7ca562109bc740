/** A whole screen: header, the view, the lines at the bottom, and what lies over them. */
import { age, bytes, clock, count } from './figures.ts';
import { helpLines, keyHints, MENU } from './keymap.ts';
import { box } from './layout.ts';
import { completionsOf } from './palette.ts';
import { ledSinceMs } from './panels/elections.ts';
import { detailLines } from './panels/nodes.ts';
import { leaderIn, type Scene, type Size } from './scene.ts';
import { type Line, line, type Piece, piece, spread, type Tone, toWidth } from './text.ts';
import type { Overlay } from './ui.ts';
import { bodyLines } from './views.ts';

const FOOTER_ROWS = 2;

/** Exactly `height` lines of `width` columns. */
export function frameLines(scene: Scene, size: Size): Line[] {
  const { width, height } = size;
  const header = headerLines(scene, size);
  const footer = height >= 8 ? footerLines(scene, width) : [];
  const body = bodyLines(scene, {
    width,
    height: Math.max(1, height - header.length - footer.length),
  });
  const lines = [...header, ...body, ...footer].slice(0, height);
  while (lines.length < height) lines.push([]);
  const { overlay } = scene.ui;
  const covered = overlay === null ? lines : over(lines, overlayLines(scene, overlay, size), size);
  return covered.map((pieces) => toWidth(pieces, width));
}

function headerLines(scene: Scene, { width, height }: Size): Line[] {
  const { now, ui } = scene;
  const leader = leaderIn(scene);
  const up = now.nodes.filter(({ state }) => state === 'up').length;
  const voters = now.nodes.filter(({ status }) => status?.voter !== false).length;
  const quorum = Math.floor(voters / 2) + 1;
  const tolerance = Math.max(0, up - quorum);
  const term = Math.max(0, ...now.nodes.map(({ status }) => status?.term ?? 0));
  const since = leader === null ? null : ledSinceMs(scene, leader.id);
  const leads: Piece =
    leader === null
      ? piece('NO LEADER', 'bad')
      : piece(
          `${scene.glyphs.leader}${leader.id} leader${since === null ? '' : ` ${age(since)}`}`,
          'good',
        );
  const isWide = width >= 120;
  const left = line(
    piece(' raftctl top', 'title'),
    isWide
      ? `   cluster ${now.cluster}   app ${now.app}   nodes `
      : `  ${now.cluster} ${now.app}  `,
    piece(`${up}/${now.nodes.length} up`, up === now.nodes.length ? 'good' : 'bad'),
    isWide ? `   TERM ${count(term)}   ` : `  T${count(term)}  `,
    leads,
    width >= 140 ? `   quorum ${quorum}   tolerance ` : '  tol ',
    piece(String(tolerance), tolerance === 0 ? 'warn' : 'plain'),
  );
  const first = spread(
    left,
    [...stateLine(scene), ...(isWide ? line(` ${clock(now.atMs)} `) : [])],
    width,
  );
  if (height < 28) return [first];
  const marked = ui.marked.length === 0 ? '' : `   marked ${ui.marked.join(', ')}`;
  const recorded = scene.recordedBytes === null ? '' : `   recording ${bytes(scene.recordedBytes)}`;
  const views = ` ${'1 overview  2 replication  3 latency  4 log  5 elections  8 logs  9 profiles'}`;
  return [first, line(piece(views, 'dim'), piece(marked, 'accent'), piece(recorded, 'warn'))];
}

/** LIVE, PAUSED, or where in the past: in words, not in colour alone. */
function stateLine(scene: Scene): Line {
  const { ui, position, replay } = scene;
  const where = `${position.index + 1}/${position.length}`;
  let words = `LIVE ${(ui.refreshMs / 1000).toFixed(ui.refreshMs < 1000 ? 2 : 1)}s`;
  let tone: Tone = 'good';
  if (replay !== null) {
    words = `REPLAY ${clock(scene.now.atMs)} ${where}`;
    tone = 'accent';
  } else if (ui.at !== null) {
    words = `PAST ${clock(scene.now.atMs)} ${where}`;
    tone = 'accent';
  } else if (ui.isPaused) {
    words = 'PAUSED';
    tone = 'warn';
  }
  return line(' ', piece(words, tone), ' ');
}

function footerLines(scene: Scene, width: number): Line[] {
  const { ui } = scene;
  const hints = keyHints(scene.glyphs, ui.isReadOnly, width);
  return [toWidth(promptLine(scene), width), toWidth(line(piece(` ${hints}`, 'dim')), width)].slice(
    -FOOTER_ROWS,
  );
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
  if (last === undefined) return line(piece(' : command  / filter  ? help', 'dim'));
  return line(piece(' cmd  ', 'dim'), last.text, piece(`  ${last.outcome}  ${last.said}`, 'dim'));
}

function overlayLines(scene: Scene, overlay: Overlay, size: Size): Line[] {
  switch (overlay.kind) {
    case 'help':
      return boxed(scene, `Help: ${scene.ui.view}`, helpLines(scene.ui, scene.glyphs, size), size);
    case 'detail':
      return boxed(scene, `Node ${overlay.node}`, detailLines(scene, overlay.node), size);
    case 'menu':
      return boxed(scene, 'Actions', menuLines(scene, overlay.selected), size);
    case 'confirm': {
      const { question, commands } = overlay.pending;
      const lines = commands.map((words) =>
        line('  ', piece(`raftctl ${words.join(' ')}`, 'accent')),
      );
      const answer = line(piece('y', 'strong'), ' does it, any other key does not');
      return boxed(scene, 'Sure?', [line(question), [], ...lines, [], answer], size);
    }
  }
}

function menuLines({ glyphs }: Scene, selected: number): Line[] {
  return MENU.map(({ key, text }, i) =>
    line(
      piece(i === selected ? `${glyphs.cursor} ` : '  ', 'accent'),
      piece(key.padEnd(3), 'strong'),
      text,
    ),
  );
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
