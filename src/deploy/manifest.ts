/** Manifests as objects, and as the text that kubectl reads. */
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { stringify } from 'yaml';

/** Whatever has a kind: the types of each say the rest. */
export interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta | undefined;
}

export interface ManifestFile {
  /** Without a folder: `cluster.yaml`. */
  readonly name: string;
  /** What it is for, as comments at its head. */
  readonly about: readonly string[];
  readonly documents: readonly Manifest[];
}

/** Columns after which YAML may fold a text; commands are to stay in one line. */
const LINE_WIDTH = 0;

/** All documents of a file. No aliases: every document can be read by itself. */
export function manifestText({ about, documents }: ManifestFile): string {
  const head = about.map((line) => `# ${line}\n`).join('');
  const texts = documents.map((document) =>
    stringify(document, { lineWidth: LINE_WIDTH, aliasDuplicateObjects: false }),
  );
  return `${head}${texts.map((text) => `---\n${text}`).join('')}`;
}

/** A file with what is in it told apart from its text. */
export function textOf(file: ManifestFile) {
  const { name, documents } = file;
  const kinds = documents.map(({ kind = '', metadata }) => ({ kind, name: metadata?.name ?? '' }));
  return { name, kinds, text: manifestText(file) };
}
