/** Latency of writes over time: a column a second, a row a band, a shape for the share of it. */
import { countWithin, type Interval } from '../../std/interval.ts';
import { bySecond, type Panel, type Scene, type Size, totalOf } from '../scene.ts';
import { type Line, line, type Piece, padStart, piece, type Tone } from '../text.ts';
import { termMarks } from './elections.ts';

interface Band {
  readonly label: string;
  readonly lowUs: number;
}

const FINE: readonly Band[] = [
  { label: '1s', lowUs: 1_000_000 },
  { label: '300ms', lowUs: 300_000 },
  { label: '100ms', lowUs: 100_000 },
  { label: '30ms', lowUs: 30_000 },
  { label: '10ms', lowUs: 10_000 },
  { label: '3ms', lowUs: 3000 },
  { label: '1ms', lowUs: 1000 },
  { label: '300us', lowUs: 300 },
  { label: '100us', lowUs: 100 },
  { label: '0us', lowUs: 0 },
];
const COARSE: readonly Band[] = [
  { label: '>100ms', lowUs: 100_000 },
  { label: '>10ms', lowUs: 10_000 },
  { label: '>1ms', lowUs: 1000 },
  { label: '<1ms', lowUs: 0 },
];

const FINE_SHADES = new WeakMap<Interval, readonly number[]>();
const COARSE_SHADES = new WeakMap<Interval, readonly number[]>();

const LABEL_COLUMNS = 7;
const TONES: readonly Tone[] = ['dim', 'heat1', 'heat2', 'heat3'];

export const HEAT_PANEL: Panel = {
  title: '3 Latency heat map',
  note: () => '1 column = 1 s, writes as the leader sees them',
  draw: (scene, size) => {
    const { heat } = scene.glyphs;
    const key = `share of that second: ${heat[1]} <1%  ${heat[2]} <10%  ${heat[3]} more`;
    const map = heatLines(scene, { width: size.width, height: size.height - 2 }, '');
    return [...map, marksLine(scene, size.width), line(piece(key, 'dim'))];
  },
};

/** As many bands as there are rows for; fewer than four are none. */
export function heatLines(scene: Scene, { width, height }: Size, name: string): Line[] {
  const bands = height >= FINE.length ? FINE : height >= COARSE.length ? COARSE : [];
  const lead = name === '' ? '' : name.padEnd(6);
  const seconds = Math.max(1, Math.min(90, width - LABEL_COLUMNS - lead.length));
  const columns = bySecond(scene.history, scene.now.atMs, seconds).map(totalOf);
  return bands.map(({ label }, row) => {
    const cells = columns.map((interval) => shadesOf(interval, bands)[row] ?? 0);
    const first = row === 0 ? lead : ' '.repeat(lead.length);
    const title = padStart(label, LABEL_COLUMNS - 1);
    return line(piece(first, 'dim'), piece(`${title} `, 'dim'), ...runs(cells, scene));
  });
}

/** By band. The same intervals are drawn again and again, until they have left the map. */
function shadesOf(interval: Interval, bands: readonly Band[]): readonly number[] {
  const known = bands === FINE ? FINE_SHADES : COARSE_SHADES;
  let shades = known.get(interval);
  if (shades === undefined) {
    shades = bands.map(({ lowUs }, row) => {
      const highUs = bands[row - 1]?.lowUs ?? Number.POSITIVE_INFINITY;
      return shadeOf(countWithin(interval, lowUs, highUs) / Math.max(1, interval.count));
    });
    known.set(interval, shades);
  }
  return shades;
}

function shadeOf(share: number): number {
  if (share === 0) return 0;
  return share < 0.01 ? 1 : share < 0.1 ? 2 : 3;
}

/** Neighbours of the same shade are one piece: a frame has few pieces. */
function runs(shades: readonly number[], { glyphs }: Scene): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = 1; at <= shades.length; at += 1) {
    if (at < shades.length && shades[at] === shades[from]) continue;
    const shade = shades[from] as number;
    pieces.push(piece((glyphs.heat[shade] ?? '').repeat(at - from), TONES[shade] ?? 'plain'));
    from = at;
  }
  return pieces;
}

/** Under the map: where terms began. */
function marksLine(scene: Scene, width: number): Line {
  const seconds = Math.max(1, Math.min(90, width - LABEL_COLUMNS));
  const marks = termMarks(scene, seconds, scene.glyphs.leader);
  return line(piece(' '.repeat(LABEL_COLUMNS)), piece(marks, 'warn'));
}
