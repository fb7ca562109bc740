/** Where things live (XDG base directories). */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder that holds clusters: in `$XDG_DATA_HOME`, by default `~/.local/share`. */
export function clustersDirectory(env: Environment = process.env): string {
  return join(xdg(env['XDG_DATA_HOME'], join(homedir(), '.local', 'share')), 'raftctl', 'clusters');
}

/** What a user leaves behind while working: in `$XDG_STATE_HOME`, by default `~/.local/state`. */
export function stateDirectory(env: Environment = process.env): string {
  return join(xdg(env['XDG_STATE_HOME'], join(homedir(), '.local', 'state')), 'raftctl');
}

/** The folder that holds stored runs of the bench. */
export function runsDirectory(env: Environment = process.env): string {
  return join(stateDirectory(env), 'runs');
}

/** The specification ignores relative paths. */
function xdg(value: string | undefined, fallback: string): string {
  return value !== undefined && isAbsolute(value) ? value : fallback;
}
