/**
 * Panels over nodes of another program: it answers for less than raftctl's own do. A panel that it
 * has nothing for says so, and shows what can be seen from outside.
 */
import { changes } from '../plain.ts';
import type { Sample } from '../sample.ts';
import { type Panel, perSample, type Scene, type Size } from '../scene.ts';
import { type Line, line, piece } from '../text.ts';
import { COMPACT_PATH_PANEL, PERCENTILES_PANEL, rateLine, WATERFALL_PANEL } from './commit-path.ts';
import { ELECTIONS_PANEL, LEDGER_PANEL } from './elections.ts';
import { EVENTS_PANEL } from './events.ts';
import { HEAT_PANEL } from './heat.ts';
import { BATCHES_PANEL } from './log.ts';
import { PROFILES_PANEL } from './profiles.ts';
import { LINKS_PANEL } from './replication.ts';

type Draw = (scene: Scene, size: Size, engine: string) => readonly Line[];

const NO_TIMES =
  'does not tell how long the parts of a write take. raftctl bench measures from outside, and view 6 follows it.';

const DRAWS: ReadonlyMap<Panel, Draw> = new Map<Panel, Draw>([
  [
    COMPACT_PATH_PANEL,
    (scene, { width }, engine) => [
      rateLine(scene, width),
      line(piece('      entries of the log, each second; reads leave none', 'dim')),
      [],
      ...wrapped(`${engine} ${NO_TIMES}`, width),
    ],
  ],
  [
    WATERFALL_PANEL,
    (scene, { width }, engine) => [
      rateLine(scene, width),
      [],
      ...wrapped(`${engine} ${NO_TIMES}`, width),
    ],
  ],
  [PERCENTILES_PANEL, (_, { width }, engine) => wrapped(`${engine} ${NO_TIMES}`, width)],
  [HEAT_PANEL, (_, { width }, engine) => wrapped(`${engine} ${NO_TIMES}`, width)],
  [EVENTS_PANEL, (scene, size, engine) => happened(scene, size, engine)],
  [ELECTIONS_PANEL, (scene, size, engine) => leaders(scene, size, engine)],
  [LEDGER_PANEL, (_, { width }, engine) => wrapped(`${engine} tells no votes.`, width)],
  [
    BATCHES_PANEL,
    (_, { width }, engine) => wrapped(`${engine} shows no entries of its log.`, width),
  ],
  [
    LINKS_PANEL,
    (_, { width }, engine) =>
      wrapped(`${engine} does not tell what passes between its members.`, width),
  ],
  [
    PROFILES_PANEL,
    (_, { width }, engine) =>
      wrapped(`Profiles are taken of raftctl's own nodes, not of ${engine}.`, width),
  ],
]);

export function drawPanel(scene: Scene, panel: Panel, size: Size): readonly Line[] {
  const { engine } = scene.now;
  const draw = engine === undefined ? undefined : DRAWS.get(panel);
  return draw === undefined ? panel.draw(scene, size) : draw(scene, size, engine ?? '');
}

/** What differs from look to look. */
const changesSeen = perSample(({ history }: Scene): readonly string[] => {
  const pairs = history.slice(1).map((sample, i) => [history[i] as Sample, sample] as const);
  return pairs.flatMap(([before, after]) => changes(before, after));
});

/** The newest last. */
function happened(scene: Scene, { width, height }: Size, engine: string): readonly Line[] {
  const why = noEvents(engine, width);
  const room = Math.max(1, height - why.length);
  return [
    ...why,
    ...changesSeen(scene)
      .slice(-room)
      .map((text) => line(text)),
  ];
}

/** The newest first. */
function leaders(scene: Scene, { width }: Size, engine: string): readonly Line[] {
  const seen = changesSeen(scene).filter((text) => /\bleads$/.test(text));
  return [...noEvents(engine, width), ...seen.reverse().map((text) => line(text))];
}

function noEvents(engine: string, width: number): Line[] {
  return wrapped(`${engine} tells no events: this is what differed from look to look.`, width);
}

/** Words as lines of so many columns. */
function wrapped(text: string, width: number): Line[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((one) => line(piece(one, 'dim')));
}
