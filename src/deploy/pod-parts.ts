/**
 * What every pod of a manifest has in common: nothing that it does not need. It runs as an ordinary
 * user on a root file system that cannot be written to, and gets no token of the API unless it asks
 * the API for others.
 */
import type {
  Affinity,
  Container,
  EnvVar,
  PodSecurityContext,
  PodSpec,
  Probe,
  ResourceRequirements,
  SecurityContext,
  Volume,
} from 'kubernetes-types/core/v1.js';

/** Of the image: see the Dockerfile. */
export const IMAGE_USER = 10_001;

/** A node that is told to stop hands over and ends within 20 s; then it is ended by force. */
export const GRACE_SECONDS = 30;

export const POD_SECURITY: PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: IMAGE_USER,
  runAsGroup: IMAGE_USER,
  fsGroup: IMAGE_USER,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
};

export const CONTAINER_SECURITY: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** The downward API, under the names that raft-demo's programs know. */
export const POD_FACTS: readonly EnvVar[] = [
  { name: 'MY_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'MY_POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  { name: 'MY_POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
];

export interface Resources {
  /** Cores, as Kubernetes writes them: `500m`, `2`. */
  readonly cpu: string;
  /** `512Mi` */
  readonly memory: string;
}

/** Memory is what it gets and no more; a processor that has nothing else to do may help. */
export function resourcesOf({ cpu, memory }: Resources): ResourceRequirements {
  return { requests: { cpu, memory }, limits: { memory } };
}

/** What no pod goes without; `more` has the last word. */
export function podSpec(
  container: Container,
  more: Partial<PodSpec> & { readonly volumes: Volume[] },
): PodSpec {
  return {
    automountServiceAccountToken: false,
    // A Service called raftctl would otherwise set variables that look like ours.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    securityContext: POD_SECURITY,
    containers: [{ ...container, securityContext: CONTAINER_SECURITY }],
    ...more,
  };
}

/** Never two pods with these labels on one machine; or, softly, only when there is no other way. */
export function apart(labels: Readonly<Record<string, string>>, spread: Spread): Affinity {
  const term = {
    labelSelector: { matchLabels: { ...labels } },
    topologyKey: TOPOLOGY[spread.over],
  };
  return {
    podAntiAffinity: spread.isRequired
      ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      : {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
        },
  };
}

export interface Spread {
  readonly over: keyof typeof TOPOLOGY;
  readonly isRequired: boolean;
}

const TOPOLOGY = {
  host: 'kubernetes.io/hostname',
  zone: 'topology.kubernetes.io/zone',
} as const;

export interface Probes {
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

/**
 * `/livez`: the process turns its loop. `/healthz`: it knows a leader. A node without a leader is
 * not ready, and must not be restarted for that: it would not come back any better.
 */
export function probesOf(port: string, scheme: 'HTTP' | 'HTTPS'): Probes {
  const get = (path: string): Probe => ({ httpGet: { path, port, scheme }, timeoutSeconds: 5 });
  return {
    // Five minutes to find its place, and to read its log.
    startupProbe: { ...get('/livez'), periodSeconds: 2, failureThreshold: 150 },
    livenessProbe: { ...get('/livez'), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...get('/healthz'), periodSeconds: 2, failureThreshold: 3 },
  };
}
