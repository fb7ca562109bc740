/** Which program this is: read from the package, without loading anything else. */
import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:process';

export interface VersionInfo {
  readonly raftctl: string;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
}

export function versionInfo(): VersionInfo {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return {
    raftctl: version,
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${platform}-${arch}`,
  };
}

export function versionLine(): string {
  const info = versionInfo();
  return `raftctl/${info.raftctl} ${info.platform} node-v${info.node}`;
}
