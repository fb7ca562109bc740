/** Keys that only look: each is pressed, and what it does is waited for on the screen. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CURSOR = /▸[ *]*(n\d)/;
const cursorOn = (id) => (text) => CURSOR.exec(text)?.[1] === id;
const refreshIs = (seconds) => new RegExp(`LIVE ${seconds}s`);
const sortedBy = (text) => /sort (\S+)[↑↓]/.exec(text)?.[1];
const positionIn = (text) => Number(/(?:PAST|PAUSED) \S+ (\d+)\//.exec(text)?.[1]);
/** Of the node in the first row. */
const commitOf = (text) => /n1 +\S+ +\d+ +(\d+)/.exec(text)?.[1];

/** What tells a view apart from all others. */
export const VIEWS = {
  1: ['overview', /1 Nodes/],
  2: ['replication', /2 Lag over time[\s\S]*7 Links/],
  3: ['latency', /3 Percentiles/],
  4: ['log', /4 Newest batches[\s\S]*T\d+ commands/],
  5: ['elections', /5 Ledger/],
  6: ['bench', /6 Over time[\s\S]*rate\/s +\S+ now \d/],
  8: ['logs', /8 Logs[\s\S]*INFO/],
  9: ['profiles', /9 Profiles/],
};

/** @param tour `check(keys, effect, task)` runs a task and notes how it went. */
export async function look(tour) {
  const { terminal } = tour;
  await views(tour);
  await rows(tour);
  await order(tour);
  await typing(tour);
  await time(tour);
  await screens(tour);
  await tour.check(
    '?',
    'help of the view, scrolled by `j` where it is longer than the screen',
    async () => {
      terminal.press('?');
      await terminal.shows(/Help: overview/);
      const isLong = /j k scrolls/.test(terminal.screen());
      if (isLong) {
        for (let i = 0; i < 9; i += 1) terminal.press('j');
        await terminal.shows(/this is the end/);
      }
      tour.capture('help');
      terminal.press('Escape');
      await terminal.shows((text) => !text.includes('Help:'));
      terminal.press('F1');
      await terminal.shows(/Help: overview/);
      terminal.press('Escape');
      await terminal.shows((text) => !text.includes('Help:'));
    },
  );
}

async function views(tour) {
  const { terminal } = tour;
  for (const [key, [name, shows]] of Object.entries(VIEWS)) {
    await tour.check(key, `the view of ${name}`, async () => {
      terminal.press(key);
      await terminal.shows(shows);
    });
  }
  await tour.check('`', 'back to the view before', async () => {
    terminal.press('5');
    await terminal.shows(VIEWS[5][1]);
    terminal.press('`');
    await terminal.shows(VIEWS[9][1]);
    terminal.press('1');
    await terminal.shows(VIEWS[1][1]);
  });
  await tour.check(
    'Tab S-Tab e',
    'the next panel, the one before, over the whole screen',
    async () => {
      terminal.press('Tab', 'e');
      await terminal.shows((text) => !/1 Nodes/.test(text));
      terminal.press('BTab');
      await terminal.shows((text) => /1 Nodes/.test(text) && !/5 Events/.test(text));
      terminal.press('e');
      await terminal.shows(/5 Events/);
    },
  );
  await tour.check('_', 'a panel over half of the screen', async () => {
    terminal.press('_');
    await terminal.shows((text) => /1 Nodes/.test(text) && !/5 Events/.test(text));
    terminal.press('_');
    await terminal.shows(/5 Events/);
  });
}

async function rows(tour) {
  const { terminal } = tour;
  const moves = [
    ['j', 'n2'],
    ['Down', 'n3'],
    ['k', 'n2'],
    ['Up', 'n1'],
    ['G', 'n3'],
    ['g', 'n1'],
    ['NPage', 'n3'],
    ['PPage', 'n1'],
    ['C-d', 'n3'],
    ['C-u', 'n1'],
  ];
  await tour.check('j k ↑ ↓ g G PgUp PgDn C-u C-d', 'the cursor moves over rows', async () => {
    for (const [key, id] of moves) {
      terminal.press(key);
      await terminal.shows(cursorOn(id));
    }
  });
  for (const [name, key] of [
    ['Enter', 'Enter'],
    ['d', 'd'],
  ]) {
    await tour.check(name, 'all about the row, Esc closes', async () => {
      terminal.press(key);
      await terminal.shows(/Node n1[\s\S]*client/);
      if (name === 'd') tour.capture('detail');
      terminal.press('Escape');
      await terminal.shows((text) => !/Esc closes/.test(text));
    });
  }
  await tour.check('m', 'marks the row, Esc takes the marks away', async () => {
    terminal.press('m');
    await terminal.shows(/▸\* ?n1/);
    terminal.press('Escape');
    await terminal.shows(/▸ +n1/);
  });
  await tour.check('l', 'the logs of the row alone, Esc shows all', async () => {
    terminal.press('l');
    await terminal.shows((text) => /INFO/.test(text) && !/ n2 +INFO| n3 +INFO/.test(text));
    terminal.press('Escape');
    await terminal.shows(/ n2 +INFO/);
  });
  await tour.check('w t', 'logs: wraps lines, hides the times', async () => {
    terminal.press('w');
    await terminal.shows(/w wrap on/);
    terminal.press('t');
    await terminal.shows((text) => !/\d\d:\d\d:\d\d\.\d\d\d n/.test(text));
    terminal.press('w', 't');
    await terminal.shows((text) => /w wrap off/.test(text) && /\.\d\d\d n/.test(text));
    terminal.press('1');
    await terminal.shows(VIEWS[1][1]);
  });
}

async function order(tour) {
  const { terminal } = tour;
  await tour.check('< > r', 'the column to sort by, and which way', async () => {
    terminal.press('>');
    await terminal.shows((text) => sortedBy(text) === 'ROLE');
    terminal.press('<');
    await terminal.shows((text) => sortedBy(text) === 'NODE');
    terminal.press('r');
    await terminal.shows((text) => /n3[\s\S]*n2[\s\S]*n1/.test(text) && /NODE↓/.test(text));
    terminal.press('r');
    await terminal.shows(/NODE↑/);
  });
  await tour.check('/ ! -f n N', 'filters; the next that fits, the one before', async () => {
    terminal.type('/!n2');
    terminal.press('Enter');
    await terminal.shows(
      (text) => /filter !n2/.test(text) && !/n2 +\S?(follow|leader) +\d+ /.test(text),
    );
    terminal.press('n');
    await terminal.shows(cursorOn('n3'));
    terminal.press('N');
    await terminal.shows(cursorOn('n1'));
    terminal.press('/', 'C-u');
    terminal.type('-f n2f');
    terminal.press('Enter');
    await terminal.shows(/filter -f n2f/);
    terminal.press('Escape');
    await terminal.shows(/filter - /);
  });
}

async function typing(tour) {
  const { terminal } = tour;
  await tour.check(': Tab ↑', 'a command, completed, and again from the history', async () => {
    terminal.type(':elec');
    await terminal.shows(/:elec_ +elections/);
    tour.capture('palette');
    terminal.press('Tab', 'Enter');
    await terminal.shows(VIEWS[5][1]);
    terminal.press('1');
    await terminal.shows(VIEWS[1][1]);
    terminal.press(':', 'Up');
    await terminal.shows(/:elections_/);
    terminal.press('Escape');
    await terminal.shows(/: command/);
  });
  await tour.check(':node :theme :at', 'all about a node, a theme, a moment', async () => {
    terminal.type(':node n2');
    terminal.press('Enter');
    await terminal.shows(/Node n2/);
    terminal.press('Escape');
    await terminal.shows((text) => !/Esc closes/.test(text));
    terminal.type(':theme nonsense');
    terminal.press('Enter');
    await terminal.shows(/Themes: dark, light/);
    terminal.type(':at -2');
    terminal.press('Enter');
    await terminal.shows(/PAST/);
    terminal.type(':live');
    terminal.press('Enter');
    await terminal.shows(/LIVE/);
  });
}

async function time(tour) {
  const { terminal } = tour;
  await tour.check('Space', 'pauses, and goes on', async () => {
    terminal.press('Space');
    await terminal.shows(/PAUSED/);
    terminal.press('Space');
    await terminal.shows(/LIVE/);
  });
  await tour.check('[ ]', 'a second back, and on', async () => {
    terminal.press('[');
    const at = positionIn(await terminal.shows(/PAST/));
    terminal.press('[');
    const text = await terminal.shows((now) => positionIn(now) < at);
    terminal.press(']');
    await terminal.shows((now) => positionIn(now) > positionIn(text));
  });
  await tour.check('\\', 'back to live', async () => {
    terminal.press('\\');
    await terminal.shows(/LIVE/);
  });
  await tour.check('+ -', 'looks more often, less often', async () => {
    terminal.press('+');
    await terminal.shows(refreshIs('0.50'));
    terminal.press('-', '-', '-', '-', '-');
    await terminal.shows(refreshIs('10.0'));
  });
  await tour.check('R', 'looks at once', async () => {
    const before = commitOf(terminal.screen());
    terminal.press('R');
    await terminal.shows((text) => commitOf(text) !== before, 8000);
    terminal.press('+', '+', '+');
    await terminal.shows(refreshIs('1.0'));
  });
}

async function screens(tour) {
  const { terminal } = tour;
  await tour.check('u', 'view 6: latency from the time due, or from that of sending', async () => {
    terminal.press('6', 'u');
    await terminal.shows(/u: raw first/);
    terminal.press('u');
    await terminal.shows(/u: corrected first/);
    terminal.press('1');
    await terminal.shows(VIEWS[1][1]);
  });
  await tour.check('T', 'the themes in turn', async () => {
    for (const name of ['light', 'deuteranopia', 'tritanopia', 'mono', '16', 'dark']) {
      terminal.press('T');
      await terminal.shows(new RegExp(`Theme ${name}`));
    }
  });
  await tour.check('y', 'the screen into the clipboard (OSC 52)', async () => {
    terminal.press('y');
    await terminal.shows(() => {
      try {
        return /raftctl top[\s\S]*1 Nodes/.test(terminal.clipboard());
      } catch {
        return false;
      }
    });
  });
  await tour.check('S', 'the screen into a file', async () => {
    terminal.press('S');
    await terminal.shows(/Saved raftctl-top-\d+\.txt/);
    const name = readdirSync(tour.directory).find((file) => /^raftctl-top-\d+\.txt$/.test(file));
    const text = readFileSync(join(tour.directory, name ?? ''), 'utf8');
    if (!/1 Nodes/.test(text)) throw new Error(`${name} holds ${text}`);
  });
  await tour.check('M', 'takes the mouse, gives it back', async () => {
    terminal.press('M');
    await terminal.shows(() => terminal.hasMouse());
    terminal.press('M');
    await terminal.shows(() => !terminal.hasMouse());
  });
  await tour.check('c', 'the command log', async () => {
    const isWide = terminal.size.width >= 150;
    terminal.press('c');
    await terminal.shows((text) => /Command log/.test(text) !== isWide);
    terminal.press('c');
    await terminal.shows((text) => /Command log/.test(text) === isWide);
  });
  await tour.check('!', "the view's own line of raftctl in a pager, and back", async () => {
    terminal.press('!');
    await terminal.shows((text) => /NODE/.test(text) && !/1 Nodes/.test(text));
    terminal.press('q');
    await terminal.shows(/1 Nodes[\s\S]*raftctl cluster status/);
  });
}
