/** Keys that change the cluster, and what happens without them, as the screen shows it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { VIEWS } from './looking.js';

const LEADER = /▲(n\d) leader/;
const NODE_IS = (id, state) => new RegExp(`▸[ *]*${id} +\\S?${state}`);
const TRANSFERS_MAX = 3;
const STORM_MS = 1000;
const STORM_COUNT = 50;
const ELECTED_MS_MAX = 1000;
const leaderIn = (text) => LEADER.exec(text)?.[1] ?? null;

/** Puts the cursor on a node of view 1. */
async function choose(terminal, id) {
  terminal.press('1', 'g');
  for (let at = 1; at < Number(id.slice(1)); at += 1) terminal.press('j');
  await terminal.shows(new RegExp(`▸[ *]*${id} `));
}

async function all(terminal) {
  return terminal.shows((text) => /3\/3 up/.test(text) && leaderIn(text) !== null, 60_000);
}

export async function act(tour) {
  const { terminal } = tour;
  const leader = leaderIn(await all(terminal));
  const follower = ['n1', 'n2', 'n3'].find((id) => id !== leader);
  await tour.check('a', 'the actions, by cursor or by letter', async () => {
    await choose(terminal, follower);
    terminal.press('a');
    await terminal.shows(/Actions[\s\S]*kill -9/);
    tour.capture('actions');
    terminal.press('Escape');
    await terminal.shows((text) => !/kill -9/.test(text));
  });
  await tour.check('s', 'asks, with the line of raftctl; stops the node', async () => {
    terminal.press('s');
    await terminal.shows(new RegExp(`Stop ${follower}\\?[\\s\\S]*raftctl node stop ${follower}`));
    tour.capture('sure');
    terminal.press('n');
    await terminal.shows(/Nothing was done/);
    terminal.press('s', 'y');
    await terminal.shows(NODE_IS(follower, '(down|stopped)'), 60_000);
  });
  const starts = async () => {
    terminal.press('b', 'y');
    await all(terminal);
    await terminal.shows(NODE_IS(follower, 'follow'), 60_000);
  };
  await tour.check('b', 'starts it', starts);
  await tour.check('K', 'kills it (SIGKILL)', async () => {
    terminal.press('K', 'y');
    await terminal.shows(NODE_IS(follower, 'down'), 60_000);
    await starts();
  });
  await tour.check('f F', 'freezes it (SIGSTOP), thaws it', async () => {
    terminal.press('f', 'y');
    await terminal.shows(NODE_IS(follower, 'paused'), 60_000);
    terminal.press('F', 'y');
    await terminal.shows(NODE_IS(follower, 'follow'), 60_000);
  });
  await tour.check('X', 'the faults; freezes the node, asks first', async () => {
    terminal.press('X');
    await terminal.shows(/Faults[\s\S]*freeze the node/);
    tour.capture('faults');
    terminal.press('f');
    await terminal.shows(new RegExp(`raftctl node pause ${follower}`));
    terminal.press('y');
    await terminal.shows(NODE_IS(follower, 'paused'), 60_000);
  });
  await tour.check('H', 'heals it', async () => {
    terminal.press('H');
    await terminal.shows(new RegExp(`Heal ${follower}\\?[\\s\\S]*raftctl node resume ${follower}`));
    terminal.press('y');
    await terminal.shows(NODE_IS(follower, 'follow'), 60_000);
    await all(terminal);
  });
  await leadership(tour, { leader, follower });
  await profiles(tour, follower);
  await readOnly(tour);
  await bench(tour);
}

async function leadership(tour, { follower }) {
  const { terminal } = tour;
  await tour.check('L', 'lets it lead', async () => {
    await handOver(terminal, 'L', (leader) => leader === follower);
  });
  await tour.check('D', 'lets another node lead', async () => {
    await choose(terminal, follower);
    await handOver(terminal, 'D', (leader) => leader !== follower && leader !== null);
  });
}

/** A leader that nobody can follow in time keeps its place and says so: then it is asked again. */
async function handOver(terminal, key, isDone) {
  for (let attempt = 1; attempt <= TRANSFERS_MAX; attempt += 1) {
    terminal.press(key, 'y');
    await terminal.shows(/running/);
    await terminal.shows((text) => !/running/.test(text), 60_000);
    if (!/failed/.test(terminal.screen())) break;
  }
  await terminal.shows((text) => isDone(leaderIn(text)), 60_000);
}

async function profiles(tour, follower) {
  const { terminal } = tour;
  for (const [key, ending] of [
    ['P', 'cpuprofile'],
    ['O', 'heapprofile'],
  ]) {
    await tour.check(key, `a profile of it in view 9 (.${ending})`, async () => {
      await choose(terminal, follower);
      terminal.press(key, 'y');
      await terminal.shows(/running/);
      terminal.press('9');
      await terminal.shows(new RegExp(`${follower} .*${ending}`), 60_000);
    });
  }
  terminal.press('1');
  await terminal.shows(VIEWS[1][1]);
}

/** Needs that no bench runs, and leaves none behind. */
async function bench(tour) {
  const { terminal } = tour;
  await tour.check('B', 'stops the bench that runs, offers the line of another one', async () => {
    terminal.press('6');
    await terminal.shows(/6 Bench ─+ runs/);
    terminal.press('B');
    await terminal.shows(/Stop the bench[\s\S]*kill -INT \d+/);
    terminal.press('y');
    await terminal.shows(/ended \d+s ago/);
    tour.capture('bench-ended');
    terminal.press('B');
    await terminal.shows(/:bench --rate 1000/);
    terminal.press('Enter');
    await terminal.shows(/Run this\?[\s\S]*raftctl bench --rate 1000/);
    terminal.press('y');
    await terminal.shows(/6 Bench ─+ runs/);
    terminal.press('B', 'y');
    await terminal.shows(/ended \d+s ago/);
    await tour.underLoadAgain();
    await terminal.shows(/6 Bench ─+ runs/);
    terminal.press('1');
  });
}

async function readOnly(tour) {
  await tour.beside('--read-only', async (terminal) => {
    await tour.check('--read-only', 'no key acts', async () => {
      for (const key of ['a', 's', 'K', 'b', 'f', 'F', 'L', 'D', 'P', 'O', 'B', 'X', 'H']) {
        // A key that does nothing here takes the last answer away.
        terminal.press('g');
        await terminal.shows((text) => !/Not with --read-only/.test(text));
        terminal.press(key);
        await terminal.shows(/Not with --read-only/);
      }
    });
  });
}

/** The leader is killed; the time counts until another one is on the screen. */
export async function killLeader(tour) {
  const { terminal, cluster } = tour;
  await tour.check('', 'a killed leader is an election on the screen within 1 s', async () => {
    const leader = leaderIn(await all(terminal));
    const killedMs = performance.now();
    process.kill(cluster.pidOf(leader), 'SIGKILL');
    await terminal.shows((text) => ![leader, null].includes(leaderIn(text)));
    const tookMs = Math.round(performance.now() - killedMs);
    await terminal.shows(/elected by/);
    tour.capture('overview-killed');
    terminal.press('5');
    await terminal.shows(/kill: /);
    tour.capture('elections-killed');
    await choose(terminal, leader);
    terminal.press('b', 'y');
    await all(terminal);
    if (tookMs > ELECTED_MS_MAX) throw new Error(`it took ${tookMs} ms`);
    return `${tookMs} ms`;
  });
  await tour.check('{ }', 'to the event before, to the next one', async () => {
    terminal.press('{');
    const text = await terminal.shows(/PAST/);
    terminal.press('{');
    await terminal.shows((now) => now !== text);
    terminal.press('}');
    await terminal.shows(/PAST/);
    terminal.press('\\');
    await terminal.shows(/LIVE/);
  });
}

/** The same frame before and after a storm of changes of size. */
export async function storm(tour) {
  const { terminal } = tour;
  const { width, height } = terminal.size;
  await tour.check(
    '',
    `${STORM_COUNT} changes of size in ${STORM_MS / 1000} s: the same screen afterwards`,
    async () => {
      for (const key of ['1', '3', '5']) {
        terminal.press(key, 'Space');
        await terminal.shows(/PAUSED/);
        const before = frameOf(await settled(terminal));
        for (let i = 0; i < STORM_COUNT; i += 1) {
          const bend = i % 2 === 0 ? 1 + (i % 30) : 0;
          terminal.resize({ width: width - bend, height: height - (bend % 12) });
          await sleep(STORM_MS / STORM_COUNT - 4);
        }
        terminal.resize(terminal.size);
        await terminal.shows((text) => frameOf(text) === before, 10_000);
        terminal.press('Space');
        await terminal.shows(/LIVE/);
      }
      terminal.press('1');
    },
  );
}

/** Without the first line: how many looks there are grows while one of them is shown. */
function frameOf(text) {
  const [first = '', ...rest] = text.split('\n');
  return [first.slice(0, first.indexOf('top')), ...rest].join('\n');
}

/** Until two captures are the same. */
async function settled(terminal) {
  let before = '';
  return terminal.shows((whole) => {
    const text = frameOf(whole);
    const isSame = text === before;
    before = text;
    return isSame;
  });
}
