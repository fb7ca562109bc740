/** What the commands of `raftctl deploy` share: flags, files or stdout, and their JSON. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { RaftctlError } from '../std/errors.ts';

export const deployFlags = {
  output: Flags.string({
    char: 'o',
    summary: 'Folder to write files into; - is stdout, as one stream.',
    helpValue: 'DIR|-',
    default: '-',
    env: 'RAFTCTL_OUTPUT',
  }),
  namespace: Flags.string({
    summary: 'Namespace of everything.',
    helpValue: 'NAME',
    default: 'default',
    env: 'RAFTCTL_NAMESPACE',
  }),
  image: Flags.string({
    summary: 'Image of raftctl. [default: raftctl:VERSION, as the Dockerfile makes it]',
    helpValue: 'NAME',
    env: 'RAFTCTL_IMAGE',
  }),
};

/** A manifest file as text. */
export interface DeployedText {
  readonly name: string;
  readonly text: string;
  readonly kinds: readonly { readonly kind: string; readonly name: string }[];
}

export interface Deployed {
  /** Null: nothing was written. */
  readonly folder: string | null;
  /** Paths. */
  readonly files: readonly string[];
}

/** Writes files, or prints all of them as one stream. @throws {RaftctlError} DISK_FAILED */
export async function writeDeployed(
  texts: readonly DeployedText[],
  output: string,
  print: (text: string) => void,
): Promise<Deployed> {
  if (output === '-') {
    print(texts.map(({ text }) => text.trimEnd()).join('\n'));
    return { folder: null, files: [] };
  }
  const folder = resolve(output);
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, text, kinds } of texts) {
      const isSecret = kinds.some(({ kind }) => kind === 'Secret');
      await writeFile(join(folder, name), text, { mode: isSecret ? 0o600 : 0o644 });
    }
  } catch (cause) {
    throw new RaftctlError('DISK_FAILED', {
      message: `Cannot write manifests into ${folder}`,
      hint: 'Name a folder that can be written to: --output DIR',
      cause,
    });
  }
  return { folder: output, files: texts.map(({ name }) => join(output, name)) };
}

/** What `--json` says: with the texts themselves where no file was written. */
export function deployedJson(
  texts: readonly DeployedText[],
  { folder }: Deployed,
  next: readonly string[],
) {
  const files = texts.map(({ name, kinds, text }) => {
    return { name, documents: kinds, text: folder === null ? text : null };
  });
  return { directory: folder, files, next };
}
