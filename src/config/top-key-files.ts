/** The keys of the dashboard as the configuration files give them, the nearest file first. */
import { RaftctlError } from '../std/errors.ts';
import { type ConfigPlaces, configFiles } from './config-files.ts';
import { checkToml, readTomlFile } from './toml-file.ts';
import { clashIn, clashText, TOP_ACTIONS, type TopAction, type TopKeyChoice } from './top-keys.ts';

export interface ChosenKey {
  readonly action: TopAction;
  readonly key: string;
  readonly file: string;
  readonly line: number;
}

/**
 * @throws {RaftctlError} CONFIG_INVALID for a file that is wrong, and where files together give two
 *   actions one key.
 */
export async function loadTopKeys(places: ConfigPlaces): Promise<readonly ChosenKey[]> {
  const chosen = new Map<TopAction, ChosenKey>();
  for (const path of configFiles(places)) {
    const file = await readTomlFile(path);
    if (file === null) continue;
    const { SETTINGS_SCHEMA } = await import('./settings-schema.ts');
    const { tui } = checkToml(file, SETTINGS_SCHEMA);
    for (const action of TOP_ACTIONS) {
      const key = tui?.keys?.[action];
      if (key === undefined || chosen.has(action)) continue;
      const line = file.lineOf(['tui', 'keys', action]);
      chosen.set(action, { action, key, file: file.path, line });
    }
  }
  const found = [...chosen.values()];
  const clash = clashIn(choiceOf(found));
  if (clash === null) return found;
  const at = chosen.get(clash.action);
  throw new RaftctlError('CONFIG_INVALID', {
    message: `Cannot use ${at?.file}: line ${at?.line}, key tui.keys.${clash.action}: ${clashText(clash)}`,
    hint: 'Several files give keys: raftctl config explain shows which holds',
  });
}

export function choiceOf(chosen: readonly ChosenKey[]): TopKeyChoice {
  return Object.fromEntries(chosen.map(({ action, key }) => [action, key]));
}
