/** From the name of an older system's HTTP port to the routes it answers. */
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { HttpRoutes } from './http-exchange.ts';
import { ForkRoutes } from './http-fork.ts';
import { HraftdRoutes } from './http-hraftd.ts';
import { KeyRoutes } from './http-key-routes.ts';
import { KvapiRoutes } from './http-kvapi.ts';
import { RaftexampleRoutes } from './http-raftexample.ts';
import { WebkvstoreRoutes } from './http-webkvstore.ts';
import type { Dialect } from './sniff.ts';

/** What the connections of a port speak; null: the first bytes of each tell. */
export function pinnedDialect({ dialect }: ClientPortConfig): Dialect | null {
  if (dialect === 'any' || dialect === 'raft-demo') return null;
  if (dialect === 'chat' || dialect === 'chat-plain') return 'chat';
  return dialect === 'fork-redis' ? 'resp' : 'http';
}

export function routesOf(config: ClientPortConfig): HttpRoutes {
  switch (config.dialect) {
    case 'any':
    case 'raft-demo':
    case 'fork-redis':
    case 'chat':
    case 'chat-plain':
      return new KeyRoutes();
    case 'hraftd-fork':
      return new ForkRoutes(config);
    case 'webkvstore':
      return new WebkvstoreRoutes(config);
    case 'hraftd':
      return new HraftdRoutes(config);
    case 'kvapi':
      return new KvapiRoutes(config);
    case 'raftexample':
      return new RaftexampleRoutes(config);
  }
}
