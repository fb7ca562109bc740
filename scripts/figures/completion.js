/**
 * How long a Tab takes, in each shell that is installed: its own function, which asks the program,
 * against a cluster that runs. Each shell times itself, as it is what waits.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../tree.js';
import { raftctl, run, withCluster } from './cluster.js';
import { median, round } from './statistics.js';

const TABS = 20;
const MS_MAX = 150;
/** What is typed before Tab, and the least that must then be offered. */
const LINES = [
  { words: ['node', 'kill', ''], offered: ['n1', 'n2', 'n3'] },
  { words: ['cluster', 'status', ''], offered: ['figures'] },
];

/** Prints a line a Tab: microseconds, then what was offered. */
const SHELLS = {
  bash: (words) => `
    eval "$(raftctl completion bash)"
    COMP_WORDS=(raftctl ${quoted(words)}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
    for ((i = 0; i < ${TABS}; i++)); do
      from=\${EPOCHREALTIME/./}; _raftctl 2>/dev/null; to=\${EPOCHREALTIME/./}
      echo $(( to - from )) \${COMPREPLY[@]}
    done`,
  zsh: (words) => `
    zmodload zsh/datetime
    compdef() { : }; compadd() { shift; offered+=("$@") }
    _describe() { offered+=(\${described%%:*}) }; _files() { : }
    eval "$(raftctl completion zsh)"
    words=(raftctl ${quoted(words)}); CURRENT=\${#words}
    repeat ${TABS}; do
      offered=(); from=$EPOCHREALTIME; _raftctl; to=$EPOCHREALTIME
      printf '%d %s\\n' $(( (to - from) * 1000000 )) "$offered"
    done`,
  fish: (words) => `
    raftctl completion fish | source
    for i in (seq ${TABS})
      set from (date +%s%N); set offered (complete -C ${JSON.stringify(`raftctl ${words.join(' ')}`)})
      set to (date +%s%N)
      echo (math --scale=0 "($to - $from) / 1000") (string replace -r '\\t.*' '' -- $offered)
    end`,
};

function quoted(words) {
  return words.map((word) => `'${word}'`).join(' ');
}

function isInstalled(shell) {
  return spawnSync(shell, ['-c', 'exit'], { stdio: 'ignore' }).status === 0;
}

/** @returns milliseconds of each Tab. */
async function tabs(shell, { words, offered }) {
  const { stdout } = await run(shell, ['-c', SHELLS[shell](words)]);
  const lines = stdout.trim().split('\n');
  if (lines.length !== TABS) throw new Error(`${shell} says: ${stdout}`);
  return lines.map((line) => {
    const [micros, ...got] = line.trim().split(/\s+/);
    const missing = offered.find((word) => !got.includes(word));
    if (missing !== undefined) throw new Error(`${shell} offers ${got.join(' ')}, not ${missing}`);
    return Number(micros) / 1000;
  });
}

/** The program in the path, as an installed one is. */
async function withProgram(directory, task) {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-figures-bin-'));
  const { PATH, RAFTCTL_DIR } = process.env;
  symlinkSync(join(ROOT, 'bin/run.js'), join(folder, 'raftctl'));
  process.env.PATH = `${folder}${delimiter}${PATH}`;
  process.env.RAFTCTL_DIR = directory;
  try {
    return await task();
  } finally {
    process.env.PATH = PATH;
    if (RAFTCTL_DIR === undefined) delete process.env.RAFTCTL_DIR;
    else process.env.RAFTCTL_DIR = RAFTCTL_DIR;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureShells() {
  const rows = [];
  for (const shell of Object.keys(SHELLS).filter(isInstalled)) {
    const times = [];
    for (const line of LINES) times.push(...(await tabs(shell, line)));
    rows.push({ shell, p50Ms: round(median(times)), maxMs: round(Math.max(...times)), times });
  }
  return rows;
}

/** What Node itself takes to start and to end: nothing can be quicker. */
async function bareNode() {
  const times = [];
  for (let i = 0; i < TABS; i += 1) {
    times.push((await run(process.execPath, ['-e', '0'])).durationMs);
  }
  return round(median(times));
}

export async function completion({ ports }) {
  return withCluster(ports.base, async (cluster) => {
    await cluster.up();
    await cluster.leader();
    // Once for the caches of the disk.
    await raftctl('__complete', 'node', 'kill', '');
    const rows = await withProgram(cluster.directory, measureShells);
    const nodeMs = await bareNode();
    const texts = rows.map(({ shell, p50Ms, maxMs }) => `${shell} ${p50Ms} ms (max ${maxMs})`);
    return {
      text: `${texts.join(', ')}; node -e 0 takes ${nodeMs} ms (medians, ${TABS} Tabs a line)`,
      target: `median < ${MS_MAX} ms in each shell`,
      isMet: rows.every(({ p50Ms }) => p50Ms < MS_MAX),
      values: { nodeP50Ms: nodeMs, shells: rows },
    };
  });
}
