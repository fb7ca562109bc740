/**
 * What the API server and the scheduler would find in manifests that fit the schema all the same:
 * selectors that select nothing, affinities that hold nothing apart, mounts without a volume.
 */
import type { Affinity, PodSpec } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { parseAllDocuments } from 'yaml';

export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Labels };
    readonly template?: { readonly metadata: ObjectMeta; readonly spec: PodSpec };
    readonly volumeClaimTemplates?: readonly { readonly metadata: ObjectMeta }[];
  };
  readonly items?: readonly Document[];
  readonly rules?: readonly { readonly resources: string[]; readonly verbs: string[] }[];
}

type Labels = Readonly<Record<string, string>>;

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** All documents of a text. @throws when it is no YAML, or a key stands there twice. */
export function documentsIn(text: string): Document[] {
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return document.toJS() as Document;
  });
}

export function findingsIn(document: Document): string[] {
  const { kind, metadata, spec } = document;
  const at = `${kind} ${metadata?.name}`;
  if (document.items !== undefined) return document.items.flatMap(findingsIn);
  const findings: string[] = [];
  const say = (isRight: boolean, what: string): void => {
    if (!isRight) findings.push(`${at}: ${what}`);
  };
  if (kind === 'Kustomization') return [];
  say(NAME.test(metadata.name ?? ''), 'its name is none');
  say(metadata.namespace !== undefined, 'it has no namespace');
  say(!document.apiVersion.includes('beta'), `it is ${document.apiVersion}`);
  for (const rule of document.rules ?? []) {
    say(rule.resources.join() === 'pods' && rule.verbs.join() === 'get,list', 'it may do more');
  }
  const template = spec?.template;
  if (template === undefined) return findings;
  const labels = template.metadata.labels ?? {};
  for (const value of Object.values(labels)) say(LABEL.test(value), `label ${value}`);
  if (kind !== 'Job') {
    const { matchLabels } = spec?.selector ?? {};
    say(matchLabels !== undefined && isWithin(matchLabels, labels), 'it selects other pods');
  }
  const claims = (spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
  return [...findings, ...podFindings(template.spec, claims).map((what) => `${at}: ${what}`)];
}

function podFindings(pod: PodSpec, claims: readonly (string | undefined)[]): string[] {
  const findings: string[] = [];
  const say = (isRight: boolean, what: string): void => {
    if (!isRight) findings.push(what);
  };
  const volumes = new Set([...(pod.volumes ?? []).map(({ name }) => name), ...claims]);
  say(pod.securityContext?.runAsNonRoot === true, 'it may run as root');
  say((pod.securityContext?.runAsUser ?? 0) > 0, 'it has no user');
  say((pod.terminationGracePeriodSeconds ?? 0) > 20, 'it has no time to hand over');
  say(pod.enableServiceLinks === false, 'it gets variables of Services');
  for (const container of pod.containers) {
    const { securityContext, resources, command, env, volumeMounts = [] } = container;
    say(securityContext?.readOnlyRootFilesystem === true, 'its root can be written to');
    say(securityContext?.allowPrivilegeEscalation === false, 'it may get more rights');
    say(securityContext?.capabilities?.drop?.join() === 'ALL', 'it has capabilities');
    say(resources?.limits?.['memory'] !== undefined, 'its memory has no limit');
    say(resources?.requests?.['cpu'] !== undefined, 'it asks for no processor');
    for (const { name } of volumeMounts) say(volumes.has(name), `there is no volume ${name}`);
    const used = [...(command ?? []).join(' ').matchAll(/\$\(([^)]+)\)/g)].map(([, name]) => name);
    const known = (env ?? []).map(({ name }) => name);
    for (const name of used) say(known.includes(name ?? ''), `$(${name}) is not set`);
    for (const port of [container.livenessProbe, container.readinessProbe].flatMap(
      (probe) => probe?.httpGet?.port ?? [],
    )) {
      say(container.ports?.some(({ name }) => name === port) ?? false, `no port ${port}`);
    }
  }
  return findings;
}

/** Whether two pods may be put on one machine, by the required terms of either: both count. */
export function mayShare(one: PlacedPod, other: PlacedPod): boolean {
  return !isKeptFrom(one, other.labels) && !isKeptFrom(other, one.labels);
}

export interface PlacedPod {
  readonly labels: Labels;
  readonly affinity: Affinity | undefined;
}

export function podOf({ spec }: Document): PlacedPod {
  return { labels: spec?.template?.metadata.labels ?? {}, affinity: spec?.template?.spec.affinity };
}

function isKeptFrom({ affinity }: PlacedPod, labels: Labels): boolean {
  const terms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.some(({ labelSelector }) => isWithin(labelSelector?.matchLabels ?? {}, labels));
}

function isWithin(part: Labels, all: Labels): boolean {
  return Object.entries(part).every(([key, value]) => all[key] === value);
}
