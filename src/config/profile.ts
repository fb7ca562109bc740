/** Profiles by name or by file: `-f local-3`, `-f ./mine.toml`. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import { nearestWord } from '../std/nearest.ts';
import type { ExperimentPlan } from './experiment-schema.ts';
import type { ClusterProfile, Profile } from './profile-schema.ts';
import { checkToml, readTomlFile, type TomlFile } from './toml-file.ts';

export interface LoadedProfile {
  readonly file: TomlFile;
  readonly profile: Profile;
}

const ENDING = '.toml';

/** Where the profiles lie that come with the program. @param root folder of the package. */
export function profilesDirectory(root: string): string {
  return join(root, 'profiles');
}

async function profileNames(root: string): Promise<string[]> {
  const files = await readdir(profilesDirectory(root)).catch(() => []);
  return files.filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length));
}

/** @throws {RaftctlError} PROFILE_NOT_FOUND, CONFIG_INVALID with file, line and key */
export async function loadProfile(choice: string, root: string): Promise<LoadedProfile> {
  const isFile = /[\\/]/.test(choice) || choice.endsWith(ENDING);
  const path = isFile ? resolve(choice) : join(profilesDirectory(root), choice + ENDING);
  const file = await readTomlFile(path);
  if (file === null) throw await notFound(choice, isFile ? path : null, root);
  return { file, profile: await checkProfile(file) };
}

/** @throws {RaftctlError} CONFIG_INVALID with file, line and key */
export async function checkProfile(file: TomlFile): Promise<Profile> {
  const { PROFILE_SCHEMA } = await import('./profile-schema.ts');
  const profile = checkToml(file, PROFILE_SCHEMA);
  if (profile.cluster !== undefined) checkNodes(file, profile.cluster);
  return profile;
}

/**
 * The topology of a profile.
 *
 * @throws {RaftctlError} CONFIG_INVALID when it has none
 */
export async function loadClusterProfile(choice: string, root: string): Promise<ClusterProfile> {
  const { file, profile } = await loadProfile(choice, root);
  if (profile.cluster === undefined) throw lacks(file, 'cluster');
  return profile.cluster;
}

/**
 * The experiment of a profile, and where the file lies.
 *
 * @throws {RaftctlError} CONFIG_INVALID when it has none
 */
export async function loadExperiment(
  choice: string,
  root: string,
): Promise<{ readonly path: string; readonly plan: ExperimentPlan }> {
  const { file, profile } = await loadProfile(choice, root);
  if (profile.experiment === undefined) throw lacks(file, 'experiment');
  return { path: file.path, plan: profile.experiment };
}

/** What is wrong with one key of a workload, in words; null: nothing. Keys are names of flags. */
export type CheckWorkload = (key: string, value: WorkloadValue) => string | null;
export type WorkloadValue = string | number | boolean | readonly string[];

export interface WorkloadRules {
  /** Names of flags. */
  readonly keys: readonly string[];
  readonly check: CheckWorkload;
}

/**
 * The workload of a profile, by names of flags: `keyMaximum` there is `key-maximum` here.
 *
 * @throws {RaftctlError} CONFIG_INVALID when it has none, or a key or a value is wrong.
 */
export async function loadWorkloadProfile(
  choice: string,
  root: string,
  rules: WorkloadRules,
): Promise<Readonly<Record<string, WorkloadValue>>> {
  const { file, profile } = await loadProfile(choice, root);
  if (profile.bench === undefined) throw lacks(file, 'bench');
  return checkWorkload(file, profile.bench, rules);
}

/** @throws {RaftctlError} CONFIG_INVALID with file, line and key */
export function checkWorkload(
  file: TomlFile,
  bench: NonNullable<Profile['bench']>,
  rules: WorkloadRules,
): Readonly<Record<string, WorkloadValue>> {
  const known = new Map(rules.keys.map((flag) => [camelCase(flag), flag]));
  const found: Record<string, WorkloadValue> = {};
  for (const [key, value] of Object.entries(bench)) {
    const flag = known.get(key);
    const problem = flag === undefined ? 'there is no such key' : rules.check(flag, value);
    if (flag !== undefined) found[flag] = value;
    if (problem === null) continue;
    const nearest = flag === undefined ? nearestWord(key, known.keys()) : null;
    const line = file.lineOf(['bench', key]);
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${file.path}: line ${line}, key bench.${key}: ${problem}`,
      ...(nearest === null ? {} : { hint: `Did you mean: ${nearest}?` }),
    });
  }
  return found;
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function checkNodes(file: TomlFile, cluster: ClusterProfile): void {
  const count = cluster.nodes ?? 3;
  for (const id of Object.keys(cluster.node ?? {})) {
    const number = /^n([1-9]\d*)$/.exec(id)?.[1];
    if (number !== undefined && Number(number) <= count) continue;
    const line = file.lineOf(['cluster', 'node', id]);
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${file.path}: line ${line}, key cluster.node.${id}: there is no such node`,
      hint: count === 1 ? 'The node is n1' : `Nodes are n1 to n${count}`,
    });
  }
}

function lacks(file: TomlFile, table: keyof Profile): RaftctlError {
  const others = Object.keys(file.value as object).join(' and ');
  return new RaftctlError('CONFIG_INVALID', {
    message: `Cannot use ${file.path} here: line 1, key ${table}: the table [${table}] is missing`,
    hint: `A profile for ${others || 'nothing'} is not one for ${table}`,
  });
}

async function notFound(choice: string, path: string | null, root: string): Promise<RaftctlError> {
  if (path !== null) {
    return new RaftctlError('PROFILE_NOT_FOUND', {
      message: `Cannot find the profile ${path}: there is no such file`,
    });
  }
  const names = await profileNames(root);
  const nearest = nearestWord(choice, names);
  const all = `Profiles are ${names.join(', ')}; a file needs its path or ends in .toml`;
  return new RaftctlError('PROFILE_NOT_FOUND', {
    message: `Cannot find a profile named ${choice}`,
    hint: nearest === null ? all : `Did you mean: ${nearest}? ${all}`,
  });
}
