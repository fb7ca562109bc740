/** Checks one file as what it looks like. */
import { settingsOf } from './config-files.ts';
import { checkProfile, checkWorkload, type WorkloadRules } from './profile.ts';
import { readTomlFile } from './toml-file.ts';

/** @returns null when there is no such file. @throws {RaftctlError} CONFIG_INVALID */
export async function lintFile(
  path: string,
  workload: WorkloadRules,
): Promise<'configuration' | 'profile' | null> {
  const file = await readTomlFile(path);
  if (file === null) return null;
  const value = file.value as Readonly<Record<string, unknown>>;
  // A configuration's `cluster` is a name; a profile's is a table.
  const isProfile = ['cluster', 'bench', 'experiment'].some(
    (key) => typeof value[key] === 'object',
  );
  if (isProfile) {
    const { bench } = await checkProfile(file);
    if (bench !== undefined) checkWorkload(file, bench, workload);
  } else await settingsOf(file);
  return isProfile ? 'profile' : 'configuration';
}
