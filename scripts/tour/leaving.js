/** Every way out of the dashboard leaves the terminal as it was. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is done, how it is said in the table, and the exit code. */
const WAYS = [
  ['q', 'leaves', 0, ({ terminal }) => terminal.press('q')],
  ['C-c', 'leaves', 0, ({ terminal }) => terminal.press('C-c')],
  [
    ':q',
    'leaves',
    0,
    ({ terminal }) => {
      terminal.type(':q');
      terminal.press('Enter');
    },
  ],
  ['', 'SIGTERM ends it', 143, (tour) => process.kill(dashboardOf(tour.cluster), 'SIGTERM')],
  ['', 'SIGHUP ends it', 1, (tour) => process.kill(dashboardOf(tour.cluster), 'SIGHUP')],
];

/** The process of the dashboard over a cluster. */
export function dashboardOf(cluster) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const words = commandOf(pid);
    if (/^node$/.test(words[0]?.split('/').at(-1) ?? '') && words.includes('top')) {
      if (words.includes(cluster.directory)) return Number(pid);
    }
  }
  throw new Error('the dashboard does not run');
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Requires: the dashboard runs. Afterwards it does not. */
export async function leave(tour) {
  const { terminal, directory } = tour;
  for (const [at, [key, effect, code, act]] of WAYS.entries()) {
    await tour.check(key, `${effect} (exit code ${code}), \`stty -a\` as before`, async () => {
      await act(tour);
      await terminal.shows(new RegExp(`code=${code}\\b`));
      terminal.press('Enter');
      terminal.type('stty -a > after; clear');
      terminal.press('Enter');
      await terminal.shows((text) => /^[$#]$/.test(text.trim()));
      const [before, after] = ['before', 'after'].map((name) =>
        readFileSync(join(directory, name), 'utf8'),
      );
      if (before !== after) throw new Error(`stty -a was\n${before}\nand is\n${after}`);
    });
    if (at + 1 < WAYS.length) await tour.enter();
  }
}
