/**
 * Leaders lost in eight ways on purpose, and what `raftctl elections explain TERM` says of each
 * afterwards: the right cause, in 95 of 100.
 *
 * ```
 *  stop       node stop --no-transfer      stall      computes without a break
 *  kill       SIGKILL                      gc         collects garbage without a break
 *  pause      SIGSTOP, then SIGCONT        slowDisk   a write to the log does not come back
 *  transfer   leader step-down             partition  its connections with other nodes are dumb
 * ```
 * The four on the right are made by faulty-process.cjs within the node, for two seconds. The
 * question is put once, when all nodes are well again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { raftctl, withCluster } from './cluster.js';
import { Writers } from './writers.js';

/** Of eight kinds: 104 elections. */
const ROUNDS = 13;
const RIGHT_SHARE_MIN = 0.95;
/** Twice the longest election timeout. */
const FAULT_MS = 2000;
const PEER_OFFSET = 1000;
const PATIENCE_MS = 30_000;
/** A node that stood still tells of it with its next look at the clock but one. */
const EVIDENCE_MS = 500;
const ACK_MS_MAX = 10_000;

const FIXTURE = fileURLToPath(new URL('faulty-process.cjs', import.meta.url));

/** Something goes wrong inside of the process, for a while. */
function inside(kind) {
  return async ({ faultFile, pid }) => {
    writeFileSync(faultFile, JSON.stringify({ kind, ms: FAULT_MS }));
    process.kill(pid, 'SIGUSR2');
    await sleep(FAULT_MS);
  };
}

const KINDS = {
  stop: async ({ node }) => {
    await node('stop', '--no-transfer');
    await node('start');
  },
  kill: async ({ node, pid }) => {
    process.kill(pid, 'SIGKILL');
    await sleep(EVIDENCE_MS);
    await node('start');
  },
  pause: async ({ pid }) => {
    process.kill(pid, 'SIGSTOP');
    await sleep(FAULT_MS);
    process.kill(pid, 'SIGCONT');
  },
  // When leadership was lost by itself just before, that is what will be explained: wrongly.
  transfer: ({ ask }) => ask('leader', 'step-down').catch(() => null),
  stall: inside('stall'),
  gc: inside('gc'),
  slowDisk: inside('slowDisk'),
  partition: inside('partition'),
};

/** What `elections explain` says of the first election somebody won after that term. */
async function toldCause(ask, term) {
  const { elections } = await ask('elections', 'list');
  const lost = elections.find((one) => one.term > term && one.winner !== null);
  if (lost === undefined) return { class: 'none', text: `nobody was elected after term ${term}` };
  const { election } = await ask('elections', 'explain', String(lost.term));
  return election.cause;
}

/** Makes the leader lost in that way. @returns the cause that is told when all is well again. */
async function forced(cluster, { kind, ask, faultFile }) {
  const leader = await cluster.leader();
  const statuses = await cluster.statuses();
  const { term } = statuses.find((status) => status.id === leader.id);
  const node = (verb, ...flags) => ask('node', verb, leader.id, ...flags);
  await KINDS[kind]({ node, ask, faultFile, pid: cluster.pidOf(leader.id) });
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    await cluster.leader();
    const [{ term: now }] = await cluster.statuses();
    if (now > term || performance.now() > deadline) break;
    await sleep(20);
  }
  await sleep(EVIDENCE_MS);
  return toldCause(ask, term);
}

/**
 * @param rounds so many of each kind. @param kinds some of them only.
 * @returns what was told for each: `{ kind, told, text }`.
 */
export async function forcedElections({ rounds, kinds = Object.keys(KINDS), portBase, say }) {
  return withCluster(portBase, async (cluster) => {
    const faultFile = join(cluster.directory, 'fault.json');
    const env = {
      NODE_OPTIONS: `--require ${FIXTURE}`,
      FAULT_FILE: faultFile,
      FAULT_PEER_PORTS: `${portBase + PEER_OFFSET}-${portBase + PEER_OFFSET + 9}`,
    };
    Object.assign(process.env, env);
    try {
      await cluster.up();
      const writers = new Writers(cluster.ports, { perNode: 1, window: 1 }).start();
      const ask = async (...words) => {
        const flags = ['--dir', cluster.directory, '--json'];
        return JSON.parse((await raftctl(...words, ...flags)).stdout).data;
      };
      const found = [];
      try {
        for (let round = 1; round <= rounds; round += 1) {
          for (const kind of kinds) {
            await writers.next(ACK_MS_MAX);
            const { class: told, text } = await forced(cluster, { kind, ask, faultFile });
            found.push({ kind, told, text });
            if (told !== kind) say(`  round ${round}: ${kind} was called ${told}: ${text}`);
          }
        }
      } finally {
        writers.stop();
      }
      return found;
    } finally {
      for (const name of Object.keys(env)) delete process.env[name];
    }
  });
}

/** How often each kind was called what, as lines of a table. Pure. */
export function confusion(found) {
  const kinds = Object.keys(KINDS);
  const others = [...new Set(found.map(({ told }) => told))].filter(
    (told) => !kinds.includes(told),
  );
  const columns = [...kinds, ...others];
  const rows = kinds.map((kind) => {
    const mine = found.filter((one) => one.kind === kind);
    const counts = columns.map((told) => mine.filter((one) => one.told === told).length);
    return `| ${kind.padEnd(9)} | ${counts.map((count) => String(count || '').padStart(9)).join(' | ')} |`;
  });
  const head = columns.map((told) => told.padStart(9)).join(' | ');
  return [`| it was    | ${head} |`, `|---|${'---:|'.repeat(columns.length)}`, ...rows];
}

export async function causes({ ports, flags, say }) {
  const rounds = flags.short ? 1 : ROUNDS;
  const found = await forcedElections({ rounds, portBase: ports.base, say });
  const right = found.filter(({ kind, told }) => kind === told).length;
  say('');
  for (const line of confusion(found)) say(`  ${line}`);
  say('');
  return {
    text: `${right} of ${found.length} forced elections were explained rightly`,
    target: `>= ${RIGHT_SHARE_MIN * 100} of 100`,
    isMet: right >= RIGHT_SHARE_MIN * found.length,
    values: { right, count: found.length, found },
  };
}
