/** The Secrets of a cluster, for a file of their own: whoever reads that may do everything. */
import type { Secret } from 'kubernetes-types/core/v1.js';
import { type ClusterWish, labelsOf, secretNames } from './cluster-wish.ts';
import type { ManifestFile } from './manifest.ts';

export const SECRETS_FILE = 'secrets.yaml';

/** Contents of files, by name. */
export type SecretFiles = Readonly<Record<string, string>>;

export interface SecretMaterial {
  /** In hex. */
  readonly secret: string;
  /** What nodes need; empty without TLS. */
  readonly tls: SecretFiles;
  readonly client: SecretFiles;
}

export function secretsFile(wish: ClusterWish, material: SecretMaterial): ManifestFile {
  const names = secretNames(wish);
  const secretOf = (name: string, stringData: SecretFiles): Secret => {
    const metadata = { name, namespace: wish.namespace, labels: labelsOf(wish, 'node') };
    return {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque' },
      stringData: { ...stringData },
    };
  };
  const { secret, tls, client } = material;
  return {
    name: SECRETS_FILE,
    about: [`The keys of ${wish.name}. Whoever reads this may do everything: keep it out of git.`],
    documents: [
      secretOf(names.secret, { secret }),
      ...(wish.tls ? [secretOf(names.tls, tls), secretOf(names.client, client)] : []),
    ],
  };
}
