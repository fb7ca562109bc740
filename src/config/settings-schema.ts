/** What a configuration file may hold. Loaded only when there is one. */
import { z } from 'zod';
import { parseAddress } from '../std/address.ts';
import { parseDurationMs } from '../std/units.ts';
import { APP_NAMES, RETAIN_NAMES } from '../wire/node-config.ts';
import { topKeysSchema } from './top-keys-schema.ts';

export const durationText = z
  .string()
  .refine((text) => parseDurationMs(text) !== null, 'it is not a duration like 250ms, 10s or 2m');

/** The same, in milliseconds. */
export const durationMs = durationText.transform((text) => parseDurationMs(text) ?? 0);

export const fsyncName = z.enum(['always', 'batch', 'none']);
export const port = z.int().min(1).max(65_535);

const address = z
  .string()
  .refine((text) => parseAddress(text) !== null, 'it is not an address like 127.0.0.1:11000');

export const settingText = z.string().min(1).optional();
/** Of `endpoints`. */
export const settingAddresses = z.union([z.array(address).min(1), address]).optional();

export const SETTINGS_SCHEMA = z.strictObject({
  dir: settingText,
  cluster: settingText,
  endpoints: settingAddresses,
  timeout: durationText.optional(),
  nodes: z.int().min(1).max(99).optional(),
  app: z.enum(APP_NAMES).optional(),
  fsync: fsyncName.optional(),
  leases: z.boolean().optional(),
  tls: z.boolean().optional(),
  tlsCa: settingText,
  tlsCert: settingText,
  tokenFile: settingText,
  readOnly: z.boolean().optional(),
  portBase: port.optional(),
  retain: z.enum(RETAIN_NAMES).optional(),
  wait: z.enum(['healthy', 'leader', 'none']).optional(),
  lines: z.int().min(0).optional(),
  noColor: z.boolean().optional(),
  quiet: z.boolean().optional(),
  noInput: z.boolean().optional(),
  tui: z.strictObject({ keys: topKeysSchema.optional() }).optional(),
});
