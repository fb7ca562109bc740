/**
 * Pods, as far as raft-demo's programs can tell: processes with an address of their own, the
 * environment of the downward API, and an API that lists them.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeApi } from './kube-api.ts';
import { Launched } from './launched.ts';
import { launchRaftctl } from './program.ts';

export interface PodWish {
  /** `kvstore-leader-1-a-b`, as Kubernetes calls it. */
  readonly name: string;
  readonly container: string;
  readonly ip: string;
  /** Whether the API lists it from the start; usually it does. */
  readonly isListed?: boolean;
}

export class Pods {
  readonly api: KubeApi;
  readonly folder: string;
  readonly #running = new Map<string, { child: ChildProcess; launched: Launched }>();

  private constructor(api: KubeApi, folder: string) {
    this.api = api;
    this.folder = folder;
  }

  static async prepare(): Promise<Pods> {
    return new Pods(await KubeApi.start(), mkdtempSync(join(tmpdir(), 'raftctl-pods-')));
  }

  /** Runs `raftctl as ...` in a pod with an empty folder of its own. */
  start({ name, container, ip, isListed = true }: PodWish, ...words: string[]): Launched {
    if (isListed) this.api.setPod({ name, container, ip });
    const cwd = join(this.folder, name);
    mkdirSync(cwd, { recursive: true });
    const env = {
      ...{ MY_POD_NAME: name, MY_POD_NAMESPACE: 'default', MY_POD_IP: ip, ...this.api.env },
      // The Secret that manifests mount.
      XDG_STATE_HOME: join(this.folder, 'state'),
    };
    const child = launchRaftctl(['as', ...words], { cwd, env });
    const launched = new Launched(child);
    this.#running.set(name, { child, launched });
    return launched;
  }

  folderOf(name: string): string {
    return join(this.folder, name);
  }

  /** The pod is gone at once, and what it had. */
  async remove(name: string): Promise<void> {
    const found = this.#running.get(name);
    this.#running.delete(name);
    this.api.removePod(name);
    found?.child.kill('SIGKILL');
    await found?.launched.ended();
    rmSync(this.folderOf(name), { recursive: true, force: true });
  }

  async dispose(): Promise<void> {
    const all = [...this.#running.values()];
    for (const { child } of all) child.kill('SIGKILL');
    await Promise.all(all.map(({ launched }) => launched.ended().catch(() => null)));
    await this.api.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
