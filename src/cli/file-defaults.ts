/** Puts what configuration files say in the place of a flag's own default. */
import type { FileSettings } from '../config/settings.ts';

interface AnyFlag {
  readonly type: string;
  readonly env?: string;
  readonly parse?: (text: string, context: unknown, flag: unknown) => Promise<unknown>;
}

/**
 * A setting belongs to the flags that have its environment variable. oclif takes the default only
 * when neither the command line nor the environment says anything: that is the precedence wanted.
 */
export function withFileDefaults<F>(flags: F, settings: FileSettings): F {
  if (settings.size === 0 || flags === undefined) return flags;
  const changed: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags as Record<string, AnyFlag>)) {
    const found = flag.env === undefined ? undefined : settings.get(flag.env);
    if (found === undefined) continue;
    const { text } = found;
    const value = async (): Promise<unknown> =>
      flag.type === 'boolean' ? isTruthy(text) : ((await flag.parse?.(text, null, flag)) ?? text);
    changed[name] = { ...flag, default: value };
  }
  return { ...flags, ...changed };
}

/** What counts as yes in the environment, as oclif sees it. */
export function isTruthy(text: string | undefined): boolean {
  return text !== undefined && ['true', '1', 'yes', 'y'].includes(text.toLowerCase());
}
