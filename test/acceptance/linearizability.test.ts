/** What clients saw while leaders were killed, judged by `raftctl check linearizability`. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Operation } from '../../src/checker/history.ts';
import { headerLine, historyLine } from '../../src/checker/history-lines.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { Launched } from '../doubles/launched.ts';
import { launchRaftctl, type RunResult, raftctl, scaled } from '../doubles/program.ts';
import { reportProof, spread } from '../doubles/proof-report.ts';
import { RecordedLoad } from '../doubles/recorded-load.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const KILLS = scaled(2, 100);

let dir: string;
let rig: ClusterRig | null = null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftctl-linearizability-'));
});

afterEach(async () => {
  await rig?.dispose();
  rig = null;
  await rm(dir, { recursive: true, force: true });
});

function check(file: string, ...flags: string[]): Promise<RunResult> {
  return raftctl(['check', 'linearizability', join(dir, file), ...flags]);
}

async function save(file: string, history: readonly Operation[]): Promise<void> {
  await writeFile(join(dir, file), headerLine('kv') + history.map(historyLine).join(''));
}

/** From the kill to the first acknowledgement of a write that was sent after it. */
function firstWriteMs({ recorder }: RecordedLoad, killedAtMs: number): number {
  const returns = recorder.history
    .filter(({ action, calledAt }) => action.kind === 'put' && calledAt >= killedAtMs * 1000)
    .map(({ returnedAt }) => returnedAt);
  return Math.min(...returns) / 1000 - killedAtMs;
}

/** The history with one read answered by a value that was gone long before. */
function withStaleRead(history: readonly Operation[]): Operation[] {
  const reads = history.filter(({ action }) => action.kind === 'get' && action.result);
  const last = reads.at(-1);
  const old = reads.find(({ key }) => key === last?.key);
  return history.map((it) => (it === last && old ? { ...it, action: old.action } : it));
}

test(`check linearizability: ${KILLS} leaders killed under reads and writes lose nothing, and leave a history that is linearizable`, {
  timeout: 60_000 + KILLS * 15_000,
}, async () => {
  rig = await ClusterRig.start({ portBase: 14180 });
  const addresses = rig.ids().map((id) => rig?.clientAddress(id) ?? '');
  const load = new RecordedLoad({ addresses, clients: 6, keys: 4, seed: 1 });
  // The same keys are read and written all the time there; here each is written once and kept.
  const kept = new WriteLoad({ addresses, writers: 3, depth: 2, pauseMs: 10, tag: 'kept' });
  await load.more(300);
  const failoversMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const leader = await rig.leader();
    const killedAtMs = performance.now();
    await rig.kill9(leader);
    await load.more(300);
    failoversMs.push(firstWriteMs(load, killedAtMs));
    await rig.restart(leader);
    await load.more(100);
  }
  await load.stop();
  await kept.stop();
  await rig.healthy();
  for (const address of addresses) {
    expect((await findLosses(address, [kept])).slice(0, 5), address).toEqual([]);
  }
  expect(kept.acknowledged.size).toBeGreaterThan(KILLS * 50);

  const { history } = load.recorder;
  expect(history.length).toBeGreaterThan(KILLS * 300);
  await save('seen.jsonl', history);
  const judged = await check('seen.jsonl', '--json');
  expect(judged.stdout).toContain('"verdict": "ok"');
  expect(judged.code).toBe(0);

  const unknown = history.filter(({ returnedAt }) => !Number.isFinite(returnedAt)).length;
  reportProof({
    fault: 'kill -9 of the leader under reads and writes',
    count: KILLS,
    held: `0 of ${kept.acknowledged.size} acknowledged writes lost, ${history.length} operations linearizable`,
    figures: `kill to the next acknowledged write: ${spread(failoversMs)}; ${unknown} operations of unknown outcome`,
  });

  // The check can fail: one stale read among them is found.
  await save('stale.jsonl', withStaleRead(history));
  const stale = await check('stale.jsonl', '--html', join(dir, 'stale.html'));
  expect(stale.code).toBe(9);
  expect(stale.stdout).toContain('ILLEGAL');
  expect(stale.stderr).toContain('[NOT_LINEARIZABLE]');
  expect(await readFile(join(dir, 'stale.html'), 'utf8')).toContain('id="fault"');
});

/** Increments that nobody answered, and a sum that none of them make: too many to try. */
function hopeless(): Operation[] {
  const unknown = Array.from({ length: 40 }, (_, at): Operation => {
    const action = { kind: 'incr', by: String(2 ** at), result: null } as const;
    return {
      client: `c${at}`,
      key: 'x',
      action,
      calledAt: 0,
      returnedAt: Number.POSITIVE_INFINITY,
    };
  });
  const read = { kind: 'get', result: '0.5' } as const;
  return [...unknown, { client: 'r', key: 'x', action: read, calledAt: 10, returnedAt: 11 }];
}

test('check linearizability: a budget that runs out is no pass', async () => {
  await save('hopeless.jsonl', hopeless());
  const late = await check('hopeless.jsonl', '--budget', '300ms');
  expect(late.code).toBe(4);
  expect(late.stdout).toContain('UNKNOWN');
  expect(late.stderr).toContain('[CHECK_UNDECIDED]');
  const full = await check('hopeless.jsonl', '--memory', '1MiB', '--json');
  expect(full.code).toBe(4);
  expect(JSON.parse(full.stdout)).toMatchObject({
    schema: 'raftctl/check.linearizability/v1',
    data: { verdict: 'unknown', undecidedCount: 1, fault: null },
  });
});

test('check linearizability: Ctrl-C ends it with the verdict so far', async () => {
  await save('hopeless.jsonl', hopeless());
  const flags = ['--budget', '10m', '--memory', '4GiB'];
  const args = ['check', 'linearizability', join(dir, 'hopeless.jsonl'), ...flags];
  const running = new Launched(launchRaftctl(args));
  await running.seen(/Checking 41 operations/);
  running.signal('SIGINT');
  expect(await running.ended()).toEqual({ code: 130, signal: null });
  expect(running.output).toContain('Stopping');
  expect(running.output).toContain('UNKNOWN');
});

test('check linearizability: reads what Jepsen writes, from stdin too', async () => {
  const events = [
    '{:process 0, :type :invoke, :f :write, :value 1}',
    '{:process 0, :type :ok, :f :write, :value 1}',
    '{:process 1, :type :invoke, :f :read, :value nil}',
    '{:process 1, :type :ok, :f :read, :value nil}',
  ].join('\n');
  const args = ['check', 'linearizability', '-', '--json'];
  const judged = await raftctl(args, { stdin: events });
  expect(judged.code).toBe(9);
  const { data } = JSON.parse(judged.stdout) as { data: Record<string, unknown> };
  expect(data).toMatchObject({
    ...{ format: 'edn', timeUnit: 'events', model: 'register', verdict: 'illegal' },
    fault: { key: '', possibleValues: ['1'], orderLength: 1, blocked: { client: '1', op: 'get' } },
  });
});

test('check linearizability: what is no history is refused with its line', async () => {
  await writeFile(join(dir, 'wrong.jsonl'), '{"client":1,"op":"pop","startUs":0}\n');
  const wrong = await check('wrong.jsonl');
  expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 2, stdout: '' });
  expect(wrong.stderr).toMatch(/line 1, as json: "op" must be .*\[HISTORY_INVALID\]/);
  expect((await check('missing.jsonl')).stderr).toContain('ENOENT');
  await save('append.jsonl', [
    { ...(hopeless()[0] as Operation), action: { kind: 'append', value: 'a' } },
  ]);
  const foreign = await check('append.jsonl', '--model', 'register', '--json');
  expect(foreign.code).toBe(2);
  expect(foreign.stdout).toContain('HISTORY_INVALID');
});
