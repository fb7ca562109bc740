/**
 * Where a shell's commands go: a context, a cluster of this machine or addresses. Commands learn of
 * it from the environment.
 */
import { isTruthy } from '../cli/file-defaults.ts';
import { settingsInForce } from '../cli/settings-in-force.ts';
import { chooseEndpoints } from '../cluster/endpoints.ts';
import { entrustGiven } from '../cluster/given-credentials.ts';
import { ClusterStore } from '../cluster/store.ts';
import { NO_CONTEXT } from '../config/context-names.ts';
import { type Context, loadContexts } from '../config/contexts.ts';
import { parseAddress } from '../std/address.ts';

export interface PlaceInit {
  readonly dir: string;
  readonly cluster: string | null;
  readonly endpoints: string | null;
  readonly context: Context | null;
  /** The context alone says where the cluster is. */
  readonly isContextPlace: boolean;
  readonly isReadOnly: boolean;
}

export class ShellPlace {
  #at: PlaceInit;

  constructor(init: PlaceInit) {
    this.#at = init;
    this.#tellCommands();
  }

  get dir(): string {
    return this.#at.dir;
  }

  get cluster(): string | null {
    return this.#at.cluster;
  }

  get isReadOnly(): boolean {
    return this.#at.isReadOnly;
  }

  /** Who wants nothing changed. */
  get guard(): string {
    const { context } = this.#at;
    return context?.readOnly === true ? `context ${context.name}` : 'this shell';
  }

  /** For the prompt. */
  get title(): string {
    const { context, isContextPlace, endpoints, cluster, isReadOnly } = this.#at;
    const where = isContextPlace && context !== null ? context.name : (endpoints ?? cluster);
    return `${where ?? 'raftctl'}${isReadOnly ? ' (read-only)' : ''}`;
  }

  addresses(): Promise<string[]> {
    const { dir, cluster, endpoints } = this.#at;
    return chooseEndpoints({
      dir,
      cluster: cluster ?? undefined,
      endpoints: endpoints ?? undefined,
    });
  }

  /**
   * Goes to a context, to addresses, or to a cluster of this machine.
   *
   * @throws {RaftctlError} CLUSTER_NOT_FOUND, CLUSTER_AMBIGUOUS
   */
  async use(target: string | null): Promise<void> {
    const isAddress = target?.split(',').every((part) => parseAddress(part) !== null) ?? false;
    const { byName } = await loadContexts(process.env);
    if (isAddress) this.#at = { ...this.#at, endpoints: target, isContextPlace: false };
    else if (target !== null && (target === NO_CONTEXT || byName.has(target))) {
      await this.#useContext(target);
    } else {
      const { name } = await new ClusterStore(this.dir).findAnywhere(target);
      this.#at = { ...this.#at, cluster: name, endpoints: null, isContextPlace: false };
    }
    this.#tellCommands();
  }

  async #useContext(name: string): Promise<void> {
    const argv = ['--context', name];
    const { RAFTCTL_DIR: _, RAFTCTL_CLUSTER: __, RAFTCTL_ENDPOINTS: ___, ...env } = process.env;
    const { settings, context } = await settingsInForce({ argv, env, cwd: process.cwd() });
    const said = (key: string): string | null => settings.get(`RAFTCTL_${key}`)?.text ?? null;
    const endpoints = said('ENDPOINTS');
    await entrustGiven(endpoints?.split(',') ?? [], {
      'tls-ca': said('TLS_CA') ?? undefined,
      'tls-cert': said('TLS_CERT') ?? undefined,
      'token-file': said('TOKEN_FILE') ?? undefined,
    });
    this.#at = {
      dir: said('DIR') ?? this.dir,
      cluster: endpoints === null ? said('CLUSTER') : null,
      ...{ endpoints, context },
      isContextPlace: context !== null,
      isReadOnly: isTruthy(env['RAFTCTL_READ_ONLY'] ?? said('READ_ONLY') ?? undefined),
    };
  }

  #tellCommands(): void {
    const { dir, cluster, endpoints, context, isContextPlace } = this.#at;
    setVariable('RAFTCTL_CONTEXT', context?.name ?? NO_CONTEXT);
    setVariable('RAFTCTL_DIR', isContextPlace ? null : dir);
    setVariable('RAFTCTL_CLUSTER', isContextPlace ? null : cluster);
    setVariable('RAFTCTL_ENDPOINTS', isContextPlace ? null : endpoints);
  }
}

function setVariable(name: string, value: string | null): void {
  if (value === null) delete process.env[name];
  else process.env[name] = value;
}
