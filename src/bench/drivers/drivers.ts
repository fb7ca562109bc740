/** The drivers by name. */
import type { Driver } from './driver.ts';
import { ETCD_DRIVER } from './etcd.ts';
import { HTTP_DRIVER } from './http.ts';
import { KVAPI_DRIVER } from './kvapi.ts';
import { RAFTEXAMPLE_DRIVER } from './raftexample.ts';
import { RESP_DRIVER } from './resp.ts';

const DRIVERS = {
  resp: RESP_DRIVER,
  http: HTTP_DRIVER,
  etcd: ETCD_DRIVER,
  raftexample: RAFTEXAMPLE_DRIVER,
  kvapi: KVAPI_DRIVER,
};

export type DriverName = keyof typeof DRIVERS;

export const DRIVER_NAMES = [
  ...(['resp', 'http', 'etcd', 'raftexample', 'kvapi'] as const),
] as const satisfies readonly DriverName[];

export function driverOf(name: DriverName): Driver {
  return DRIVERS[name];
}
