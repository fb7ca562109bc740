/**
 * The configuration files, nearest first, and what they say together:
 * `./raftctl.toml`, `$XDG_CONFIG_HOME/raftctl/config.toml`, `/etc/raftctl/config.toml`.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { type FileSettings, type FileValue, SETTINGS } from './settings.ts';
import { checkToml, readTomlFile, type TomlFile } from './toml-file.ts';

export interface ConfigPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

const SYSTEM_FILE = '/etc/raftctl/config.toml';

export function configFiles(places: ConfigPlaces): string[] {
  const home = places.env['XDG_CONFIG_HOME'];
  const user = home !== undefined && isAbsolute(home) ? home : join(homedir(), '.config');
  return [
    resolve(places.cwd, 'raftctl.toml'),
    join(user, 'raftctl', 'config.toml'),
    places.env['RAFTCTL_SYSTEM_CONFIG'] ?? SYSTEM_FILE,
  ];
}

/** @throws {RaftctlError} CONFIG_INVALID for whichever file is wrong. */
export async function loadFileSettings(places: ConfigPlaces): Promise<FileSettings> {
  const found = new Map<string, FileValue>();
  for (const path of configFiles(places)) {
    const file = await readTomlFile(path);
    if (file === null) continue;
    for (const [env, value] of await settingsOf(file)) {
      if (!found.has(env)) found.set(env, value);
    }
  }
  return found;
}

/** @throws {RaftctlError} CONFIG_INVALID */
export async function settingsOf(file: TomlFile): Promise<Map<string, FileValue>> {
  const { SETTINGS_SCHEMA } = await import('./settings-schema.ts');
  const values: Readonly<Record<string, unknown>> = checkToml(file, SETTINGS_SCHEMA);
  const found = new Map<string, FileValue>();
  for (const { key, env } of SETTINGS) {
    const value = values[key];
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    found.set(env, { text, file: file.path, line: file.lineOf([key]) });
  }
  return found;
}
