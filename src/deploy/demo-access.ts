/**
 * What raft-demo's pods may ask the API: to get and to list pods of their namespace. One document,
 * where its own files have the one that makes them administrators of the whole cluster.
 */
import type { Role, RoleBinding } from 'kubernetes-types/rbac/v1.js';
import type { Manifest } from './manifest.ts';

const RBAC = 'rbac.authorization.k8s.io';

interface List extends Manifest {
  readonly items: readonly Manifest[];
}

export function accountFor(name: string, namespace: string): List {
  const metadata = { name, namespace };
  const role: Role = {
    ...{ apiVersion: `${RBAC}/v1`, kind: 'Role', metadata },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  };
  const binding: RoleBinding = {
    ...{ apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata },
    roleRef: { apiGroup: RBAC, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
  };
  return { apiVersion: 'v1', kind: 'List', items: [role, binding] };
}
