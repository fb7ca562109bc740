/** A client port on a fake replica, for tests. */

import type { StateMachine } from '../../src/node/ports/state-machine.ts';
import type { ServerLimits } from '../../src/node/server/limits.ts';
import { type ClientServer, createServer } from '../../src/node/server/server.ts';
import { type Log, SILENT_LOG } from '../../src/std/log.ts';
import type { ClientPortConfig } from '../../src/wire/client-port.ts';
import type { Security } from '../../src/wire/security.ts';
import { FakeReplica } from './fake-replica.ts';
import { fakeStatus } from './node-status.ts';
import { RawClient } from './raw-client.ts';

export class PortUnderTest {
  readonly replica: FakeReplica;
  readonly server: ClientServer;
  readonly #clients: RawClient[] = [];

  private constructor(replica: FakeReplica, server: ClientServer) {
    this.replica = replica;
    this.server = server;
  }

  static async open(
    options: {
      readonly byHand?: boolean;
      readonly limits?: Partial<ServerLimits>;
      readonly log?: Log;
      readonly pinned?: Partial<ClientPortConfig>;
      readonly machine?: StateMachine;
      readonly security?: Security;
    } = {},
  ): Promise<PortUnderTest> {
    const replica = new FakeReplica({
      byHand: options.byHand ?? false,
      ...(options.machine === undefined ? {} : { machine: options.machine }),
    });
    const server = await createServer(
      {
        replica,
        log: options.log ?? SILENT_LOG,
        status: () => fakeStatus(),
        isFollower: () => replica.isFollower,
        isLeader: () => replica.isLeader,
      },
      {
        listenAddress: '127.0.0.1:0',
        addresses: ['node-1.example:11000'],
        limits: options.limits ?? {},
        security: options.security,
        ...(options.pinned === undefined ? {} : { pinned: pinnedPort(options.pinned) }),
      },
    );
    return new PortUnderTest(replica, server);
  }

  async client(): Promise<RawClient> {
    const client = await RawClient.connect(this.server.address);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.server.close();
  }
}

/** As the programs of older systems pin their ports, unless a test wants it different. */
export function pinnedPort(wish: Partial<ClientPortConfig>): ClientPortConfig {
  return {
    ...{ address: '127.0.0.1:0', dialect: 'hraftd', onFollower: 'refuse' },
    ...{ reads: 'linearizable', commit: 'wait' },
    ...wish,
  } as ClientPortConfig;
}
