/** The three servers of goraft's stress program, in this process. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describeHolder } from '../cluster/ports.ts';
import { newClusterId } from '../cluster/store.ts';
import { type Daemon, startDaemon } from '../node/daemon.ts';
import { formatNode } from '../node/format.ts';
import { SILENT_LOG } from '../std/log.ts';
import {
  DATA_FORMAT_VERSION,
  type MemberConfig,
  NODE_CONFIG_DEFAULTS,
} from '../wire/node-config.ts';
import { joinRunning } from './joining.ts';
import { adminPortOf } from './node-flags.ts';
import type { AsContext } from './program.ts';
import { sharedSecret } from './secret.ts';
import { StressFailure } from './stress-validation.ts';

const SERVERS = 3;
const CLIENT_PORT_STRIDE = 10;
/** Nothing is compacted: the logs are what is compared. */
const KEEPS_ALL = { snapshotLogBytes: Number.MAX_SAFE_INTEGER };

export type StressServer = Pick<Daemon, 'id' | 'clientAddress' | 'view'>;

export class StressServers {
  readonly #context: AsContext;
  readonly #members: readonly MemberConfig[];
  readonly #down: number;
  #daemons: Daemon[] = [];

  constructor(init: {
    readonly context: AsContext;
    readonly firstPort: number;
    readonly down: number;
  }) {
    this.#context = init.context;
    this.#down = init.down;
    this.#members = Array.from({ length: SERVERS }, (_, i) => {
      const peerAddress = `127.0.0.1:${init.firstPort + i}`;
      const clientAddress = `127.0.0.1:${init.firstPort + CLIENT_PORT_STRIDE + i}`;
      const adminAddress = adminPortOf(peerAddress);
      return { member: i + 1, id: String(i + 1), peerAddress, clientAddress, adminAddress };
    });
  }

  get running(): readonly StressServer[] {
    return this.#daemons;
  }

  get leader(): StressServer | null {
    const leaders = this.#daemons.filter(({ view }) => view.leads);
    return leaders.toSorted((a, b) => b.view.term - a.view.term)[0] ?? null;
  }

  /** Makes them anew, and starts all that are not to stay down. */
  async found(): Promise<void> {
    const clusterId = newClusterId();
    const secretFile = await sharedSecret(this.#context.stateDirectory);
    for (const { member, id } of this.#members) {
      const directory = this.#directoryOf(id);
      await rm(directory, { recursive: true, force: true });
      const config = {
        ...{ ...NODE_CONFIG_DEFAULTS, ...KEEPS_ALL, formatVersion: DATA_FORMAT_VERSION },
        ...{ cluster: 'stress', app: 'kvstore' as const, clusterId, secretFile, member, id },
        members: this.#members,
      };
      await formatNode({ directory, config });
    }
    await this.#start();
  }

  /** Stops all, and starts them on the same files. */
  async restart(): Promise<void> {
    await this.stop();
    await this.#start();
  }

  /**
   * As `restart`, but the last server has lost its data. It must not vote as who it was: it joins
   * the others as a new member. One that was never started loses nothing but its name.
   */
  async restartWithout(): Promise<void> {
    await this.stop();
    const lost = this.#members.at(-1) as MemberConfig;
    await rm(this.#directoryOf(lost.id), { recursive: true, force: true });
    const rest = this.#members.slice(0, -1);
    for (const member of rest) this.#daemons.push(await this.#startOne(member));
    if (this.#down > 0) return;
    const joined = await joinRunning({
      self: lost,
      fsync: NODE_CONFIG_DEFAULTS.fsync,
      secretFile: await sharedSecret(this.#context.stateDirectory),
      clusterId: null,
      contacts: async () => rest.map((member) => member.adminAddress),
    });
    const config = { ...joined, ...KEEPS_ALL };
    await formatNode({ directory: this.#directoryOf(lost.id), config });
    this.#daemons.push(await this.#startOne(lost));
  }

  async stop(): Promise<void> {
    const daemons = this.#daemons;
    this.#daemons = [];
    await Promise.all(
      daemons.map((daemon) => daemon.stop({ reason: 'the test goes on', handOver: false })),
    );
  }

  async #start(): Promise<void> {
    for (const member of this.#members.slice(0, SERVERS - this.#down)) {
      this.#daemons.push(await this.#startOne(member));
    }
  }

  #startOne({ id, clientAddress: address }: MemberConfig): Promise<Daemon> {
    return startDaemon({
      ...{ directory: this.#directoryOf(id), version: this.#context.version, log: SILENT_LOG },
      holderOfPort: describeHolder,
      onFailed: (error) => {
        throw new StressFailure(`Server ${id}: ${error.message}`);
      },
      onStopAsked: () => {},
      ports: [
        {
          address,
          dialect: 'raft-demo',
          onFollower: 'refuse',
          reads: 'linearizable',
          commit: 'wait',
        },
      ],
    });
  }

  #directoryOf(id: string): string {
    return resolve(this.#context.cwd, `stress-${id}`);
  }
}
