/**
 * The configuration files, nearest first, and what they say together:
 * `./raftctl.toml`, `$XDG_CONFIG_HOME/raftctl/config.toml`, `/etc/raftctl/config.toml`.
 */
import { join, resolve } from 'node:path';
import { userDirectory } from './contexts.ts';
import { type FileSettings, type FileValue, SETTINGS } from './settings.ts';
import { checkToml, readTomlFile, type TomlFile } from './toml-file.ts';

export interface ConfigPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

const SYSTEM_FILE = '/etc/raftctl/config.toml';

export function configFiles(places: ConfigPlaces): string[] {
  return [
    resolve(places.cwd, 'raftctl.toml'),
    join(userDirectory(places.env), 'config.toml'),
    places.env['RAFTCTL_SYSTEM_CONFIG'] ?? SYSTEM_FILE,
  ];
}

/**
 * @param isChecked false where a file that is wrong may be read wrongly.
 * @throws {RaftctlError} CONFIG_INVALID for whichever file is wrong.
 */
export async function loadFileSettings(
  places: ConfigPlaces,
  isChecked = true,
): Promise<FileSettings> {
  const found = new Map<string, FileValue>();
  for (const path of configFiles(places)) {
    const file = await readTomlFile(path);
    if (file === null) continue;
    for (const [env, value] of await settingsOf(file, isChecked)) {
      if (!found.has(env)) found.set(env, value);
    }
  }
  return found;
}

/** @throws {RaftctlError} CONFIG_INVALID */
export async function settingsOf(
  file: TomlFile,
  isChecked = true,
): Promise<Map<string, FileValue>> {
  const values = isChecked
    ? checkToml(file, (await import('./settings-schema.ts')).SETTINGS_SCHEMA)
    : file.value;
  return valuesOf(file, values as Readonly<Record<string, unknown>>);
}

function valuesOf(
  file: TomlFile,
  values: Readonly<Record<string, unknown>>,
): Map<string, FileValue> {
  const found = new Map<string, FileValue>();
  for (const { key, env } of SETTINGS) {
    const value = values[key];
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    found.set(env, { text, file: file.path, line: file.lineOf([key]) });
  }
  return found;
}
