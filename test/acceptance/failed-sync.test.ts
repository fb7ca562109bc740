/**
 * A sync of the log that fails, the n-th one: a library that is loaded before the C library answers
 * it with an error. Afterwards nobody knows what the disk holds, so the node must end.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { Launched } from '../doubles/launched.ts';
import { launchRaftctl, scaled } from '../doubles/program.ts';
import { reportProof } from '../doubles/proof-report.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const ROUNDS = scaled(3, 50);
const VICTIM = 'n2';

const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
static atomic_int calls;
int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const char *at = getenv("FAIL_FDATASYNC_AT");
  if (at != NULL && atomic_fetch_add(&calls, 1) + 1 == atoi(at)) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}
`;

let dir: string;
let rig: ClusterRig | null = null;

function hasCompiler(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftctl-failed-sync-'));
});

afterAll(async () => {
  await rig?.dispose();
  await rm(dir, { recursive: true, force: true });
});

if (hasCompiler()) {
  describe('a failed sync', failedSyncTests);
} else {
  test('a failed sync is made by a small C library, where there is a compiler', () => {
    expect(hasCompiler()).toBe(false);
  });
}

function failedSyncTests(): void {
  test(`ends the node with exit code 11, whichever of its first ${ROUNDS} it is, and loses nothing`, {
    timeout: 60_000 + ROUNDS * 20_000,
  }, async () => {
    const library = join(dir, 'shim.so');
    writeFileSync(join(dir, 'shim.c'), SHIM);
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(dir, 'shim.c'), '-ldl']);
    rig = await ClusterRig.start({ portBase: 10420 });
    const others = rig.ids().filter((id) => id !== VICTIM);
    const addresses = others.map((id) => rig?.clientAddress(id) ?? '');
    const loads: WriteLoad[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      await rig.stop(VICTIM);
      const load = new WriteLoad({ addresses, writers: 2, depth: 4, tag: `sync${round}` });
      loads.push(load);
      const node = new Launched(
        launchRaftctl(['node', 'start', '--data-dir', rig.dataDir(VICTIM)], {
          env: { LD_PRELOAD: library, FAIL_FDATASYNC_AT: String(round) },
        }),
      );
      const end = await node.ended();
      expect({ round, ...end, output: end.code === 11 ? '' : node.output }).toEqual({
        ...{ round, code: 11, signal: null, output: '' },
      });
      expect(node.output).toContain('DISK_FAILED');
      await load.more(100);
      await load.stop();
      await rig.start(VICTIM);
      await rig.healthy();
    }
    for (const id of rig.ids()) {
      const losses = await findLosses(rig.clientAddress(id), loads);
      expect(losses.slice(0, 5), id).toEqual([]);
    }
    const acknowledged = loads.reduce((sum, load) => sum + load.acknowledged.size, 0);
    reportProof({
      fault: 'the n-th fdatasync of a follower fails, n = 1, 2, ...',
      count: ROUNDS,
      held: 'exit 11 every time, 0 acknowledged writes lost',
      figures: `${acknowledged} acknowledged`,
    });
  });
}
