/** Which settings hold for one call beside its flags and the environment: a context over files. */
import { loadFileSettings } from '../config/config-files.ts';
import {
  type Context,
  chosenName,
  contextNamed,
  loadContexts,
  withContext,
} from '../config/contexts.ts';
import type { FileSettings } from '../config/settings.ts';
import { isTyped, typedValue } from './typed-flags.ts';

export interface SettingsInForce {
  readonly settings: FileSettings;
  readonly context: Context | null;
  /** The context alone says where the cluster is. */
  readonly isContextPlace: boolean;
}

export interface CallPlaces {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** False: files that are wrong may be read wrongly. */
  readonly isChecked?: boolean;
}

/** @throws {RaftctlError} CONFIG_INVALID, CONTEXT_NOT_FOUND */
export async function settingsInForce(places: CallPlaces): Promise<SettingsInForce> {
  const { argv, env, isChecked = true } = places;
  const files = await loadFileSettings(places, isChecked);
  const contexts = await loadContexts(env, isChecked);
  const name = chosenName(contexts, typedValue(argv, 'context'), env);
  if (name === null) return { settings: files, context: null, isContextPlace: false };
  const context = contextNamed(contexts, name);
  const isSaid = (flag: string): boolean =>
    isTyped(argv, flag) || (env[`RAFTCTL_${flag.toUpperCase()}`] ?? '') !== '';
  const said = {
    dir: isSaid('dir'),
    cluster: isSaid('cluster'),
    endpoints: isSaid('endpoints'),
  };
  const settings = withContext(files, contexts, context, said);
  const isContextPlace = !said.dir && !said.cluster && !said.endpoints;
  return { settings, context, isContextPlace };
}
