/** The drivers by name. */
import type { Driver } from './driver.ts';
import { HTTP_DRIVER } from './http.ts';
import { RESP_DRIVER } from './resp.ts';

const DRIVERS = { resp: RESP_DRIVER, http: HTTP_DRIVER };

export type DriverName = keyof typeof DRIVERS;

export const DRIVER_NAMES = ['resp', 'http'] as const satisfies readonly DriverName[];

export function driverOf(name: DriverName): Driver {
  return DRIVERS[name];
}
