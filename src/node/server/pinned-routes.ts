/** From the name of an older system's HTTP port to the routes it answers. */
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { HttpRoutes } from './http-exchange.ts';
import { HraftdRoutes } from './http-hraftd.ts';
import { KeyRoutes } from './http-key-routes.ts';
import { KvapiRoutes } from './http-kvapi.ts';
import { RaftexampleRoutes } from './http-raftexample.ts';

export function routesOf(config: ClientPortConfig): HttpRoutes {
  switch (config.dialect) {
    case 'any':
      return new KeyRoutes();
    case 'hraftd':
      return new HraftdRoutes(config);
    case 'kvapi':
      return new KvapiRoutes(config);
    case 'raftexample':
      return new RaftexampleRoutes(config);
  }
}
