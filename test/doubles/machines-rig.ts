/**
 * Machines reached by ssh: each is an address and a folder of this one, behind an sshd of the
 * test's own. What is there is looked at as a user would.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterStatus } from '../../src/wire/status.ts';
import { processesWith } from './cluster-rig.ts';
import { type RunResult, raftctl } from './program.ts';
import { SshServer } from './ssh-server.ts';

const COMMAND_MS_MAX = 240_000;

/** What a file of hosts says besides the defaults. */
export interface HostsWish {
  readonly sshConfig?: string;
  readonly node?: string;
  /** Of the last machine. */
  readonly lastAddress?: string;
}

export class MachinesRig {
  readonly dir: string;
  readonly server: SshServer;
  readonly cluster: string;
  readonly #hosts: readonly string[];

  private constructor(init: Pick<MachinesRig, 'dir' | 'server' | 'cluster'>, hosts: string[]) {
    this.dir = init.dir;
    this.server = init.server;
    this.cluster = init.cluster;
    this.#hosts = hosts;
  }

  /** @param environment of what is started there. */
  static async start(
    cluster: string,
    hosts: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<MachinesRig> {
    const server = await SshServer.start(hosts, environment);
    const dir = await mkdtemp(join(tmpdir(), 'raftctl-hosts-'));
    // One program is enough for machines that share a disk.
    await mkdir(join(dir, 'programs'));
    for (const host of hosts) {
      await mkdir(join(dir, host));
      await symlink(join(dir, 'programs'), join(dir, host, 'programs'));
    }
    return new MachinesRig({ dir, server, cluster }, [...hosts]);
  }

  get env(): Record<string, string> {
    return { RAFTCTL_DIR: join(this.dir, 'here'), RAFTCTL_CLUSTER: this.cluster };
  }

  addressOf(host: string): string {
    return `127.0.0.${this.#hosts.indexOf(host) + 2}`;
  }

  run(...args: string[]): Promise<RunResult> {
    return raftctl(args, { env: this.env, timeoutMs: COMMAND_MS_MAX });
  }

  /** @throws {Error} with what it said when it does not succeed. */
  async data<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (code !== 0) throw new Error(`raftctl ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
    return (JSON.parse(stdout) as { data: T }).data;
  }

  /** Whatever it exits with: a cluster that lacks nodes has one, too. */
  async status(): Promise<ClusterStatus> {
    const { stdout } = await this.run('cluster', 'status', '--json');
    return (JSON.parse(stdout) as { data: ClusterStatus }).data;
  }

  async hostsFile(name: string, hosts: readonly string[], wish: HostsWish = {}): Promise<string> {
    const { sshConfig = this.server.config, node = process.execPath, lastAddress } = wish;
    const entries = hosts.map((host, i) => {
      const isLast = i === hosts.length - 1;
      const address = (isLast && lastAddress) || this.addressOf(host);
      const directory = join(this.dir, host);
      return `[[host]]\nssh = "${host}"\naddress = "${address}"\ndirectory = "${directory}"\n`;
    });
    const path = join(this.dir, `${name}.toml`);
    await writeFile(path, `sshConfig = "${sshConfig}"\nnode = "${node}"\n${entries.join('\n')}`);
    return path;
  }

  /** Names of what lies in the folder of clusters there. */
  clustersOf(host: string): Promise<string[]> {
    return readdir(join(this.dir, host, 'clusters')).catch(() => []);
  }

  /** A folder of the cluster on a machine. */
  folderOn(host: string, ...names: string[]): string {
    return join(this.dir, host, 'clusters', this.cluster, ...names);
  }

  /** Its nodes go on, and ssh does not get there any more. */
  async cutOff(host: string): Promise<void> {
    const known = await readFile(this.server.config, 'utf8');
    await writeFile(this.server.config, `Host ${host}\n  ProxyCommand false\n${known}`);
  }

  async dispose(): Promise<void> {
    await this.run('cluster', 'destroy', this.cluster, '--confirm', this.cluster);
    // Should a test have failed in between: whatever still runs there.
    for (const pid of processesWith(`${this.dir}/`)) process.kill(pid, 'SIGKILL');
    await this.server.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}
