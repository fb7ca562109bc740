/**
 * Names of the clusters and nodes of this machine, for completion: read straight from the folder,
 * without loading anything else. What cannot be read is simply not offered.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LocalNames {
  clusters(): readonly string[];
  /** Of one cluster; null: of all. */
  nodes(cluster: string | null): readonly string[];
  profiles(): readonly string[];
  /** Stored runs of the bench, the newest first. */
  runs(): readonly string[];
  contexts(): readonly string[];
}

export interface NamePlaces {
  /** The folder that holds clusters. */
  readonly clusters: string;
  /** The folder that holds stored runs. */
  readonly runs: string;
  /** Of the installed package. */
  readonly root: string;
  readonly contexts: readonly string[];
}

export function localNames(places: NamePlaces): LocalNames {
  const { clusters: directory, runs, root, contexts } = places;
  const clusters = (): string[] => {
    return entriesOf(directory).filter((name) => nodesOf(directory, name).length > 0);
  };
  return {
    clusters,
    nodes: (cluster) => {
      const named = cluster === null ? clusters() : [cluster];
      return [...new Set(named.flatMap((name) => nodesOf(directory, name)))];
    },
    profiles: () => {
      const files = entriesOf(join(root, 'profiles')).filter((name) => name.endsWith('.toml'));
      return files.map((name) => name.slice(0, -'.toml'.length));
    },
    runs: () => [
      'last',
      ...entriesOf(runs)
        .filter((name) => /^[0-9A-Z]{26}$/.test(name))
        .reverse(),
    ],
    contexts: () => contexts,
  };
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function nodesOf(directory: string, name: string): string[] {
  try {
    const text = readFileSync(join(directory, name, 'cluster.json'), 'utf8');
    const { nodes } = JSON.parse(text) as { nodes: readonly { id: string }[] };
    return nodes.map((node) => String(node.id));
  } catch {
    return [];
  }
}
