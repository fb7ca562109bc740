/** The title and what stands under it: which cluster, how it is, and how the others are. */
import { age, bytes, clock, count } from './figures.ts';
import { shownKey } from './keys.ts';
import { partsOf } from './layout.ts';
import { clusterStrip } from './panels/clusters.ts';
import { ledSinceMs } from './panels/elections.ts';
import { leaderIn, type Scene, type Size } from './scene.ts';
import { type Line, line, type Piece, piece, spread, type Tone } from './text.ts';
import { type Ui, VIEW_NAMES, VIEWS } from './ui.ts';

export function headerLines(scene: Scene, { width, height }: Size): Line[] {
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
      ? `${contextText(ui, 'context ')}   cluster ${clusterText(scene)}   app ${now.app}   nodes `
      : `${contextText(ui, '@')}  ${clusterText(scene)} ${now.app}  `,
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
  const strip = clusterStrip(scene, { width, height });
  if (partsOf(height, scene.clusters.length).header === 1) return [first, ...strip];
  const marked = ui.marked.length === 0 ? '' : `   marked ${ui.marked.join(', ')}`;
  const recorded = scene.recordedBytes === null ? '' : `   recording ${bytes(scene.recordedBytes)}`;
  const names = VIEW_NAMES.map((name) => `${shownKey(ui.keys, VIEWS[name])} ${name}`);
  const views = ` ${names.join('  ')}`;
  const second = line(piece(views, 'dim'), piece(marked, 'accent'), piece(recorded, 'warn'));
  return [first, second, ...strip];
}

/** Its name, and where several are watched, which of them it is. */
function clusterText({ now, clusters, chosen }: Scene): string {
  return clusters.length < 2 ? now.cluster : `${now.cluster} [${chosen + 1}/${clusters.length}]`;
}

/** The way that led here, where it has a name. */
function contextText({ context, isReadOnly }: Ui, lead: string): string {
  if (context === null) return '';
  return `  ${lead}${context}${isReadOnly ? ' (read-only)' : ''}`;
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
    words = `${ui.isPaused ? 'PAUSED' : 'PAST'} ${clock(scene.now.atMs)} ${where}`;
    tone = ui.isPaused ? 'warn' : 'accent';
  }
  return line(' ', piece(words, tone), ' ');
}
