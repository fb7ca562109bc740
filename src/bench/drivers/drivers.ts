/** The drivers by name. */
import type { Driver } from './driver.ts';
import { ETCD_DRIVER } from './etcd.ts';
import { HTTP_DRIVER } from './http.ts';
import { KVAPI_DRIVER } from './kvapi.ts';
import { RAFT_DEMO_A_DRIVER, RAFT_DEMO_B_DRIVER, RAFT_DEMO_C_DRIVER } from './raft-demo.ts';
import { RAFTEXAMPLE_DRIVER } from './raftexample.ts';
import { RESP_DRIVER } from './resp.ts';

const DRIVERS = {
  resp: RESP_DRIVER,
  http: HTTP_DRIVER,
  etcd: ETCD_DRIVER,
  raftexample: RAFTEXAMPLE_DRIVER,
  kvapi: KVAPI_DRIVER,
  'raft-demo-a': RAFT_DEMO_A_DRIVER,
  'raft-demo-b': RAFT_DEMO_B_DRIVER,
  'raft-demo-c': RAFT_DEMO_C_DRIVER,
};

export type DriverName = keyof typeof DRIVERS;

export const DRIVER_NAMES = [
  ...(['resp', 'http', 'etcd', 'raftexample', 'kvapi'] as const),
  ...(['raft-demo-a', 'raft-demo-b', 'raft-demo-c'] as const),
] as const satisfies readonly DriverName[];

/** What the load generator of raft-demo itself speaks. */
const OTHER_NAMES: Readonly<Record<string, DriverName>> = { 'raft-demo': 'raft-demo-c' };

export function driverOf(name: DriverName): Driver {
  return DRIVERS[name];
}

/** @returns null: there is none of that name. */
export function driverNamed(text: string): DriverName | null {
  return DRIVER_NAMES.find((name) => name === text) ?? OTHER_NAMES[text] ?? null;
}
