/** Which resources there are: what kubectl asks of an API before it believes a manifest. */

interface Resource {
  readonly name: string;
  readonly kind: string;
}

const GROUPS: Readonly<Record<string, readonly Resource[]>> = {
  v1: [
    { name: 'pods', kind: 'Pod' },
    { name: 'services', kind: 'Service' },
    { name: 'serviceaccounts', kind: 'ServiceAccount' },
    { name: 'secrets', kind: 'Secret' },
    { name: 'configmaps', kind: 'ConfigMap' },
  ],
  'apps/v1': [
    { name: 'statefulsets', kind: 'StatefulSet' },
    { name: 'deployments', kind: 'Deployment' },
  ],
  'batch/v1': [{ name: 'jobs', kind: 'Job' }],
  'policy/v1': [{ name: 'poddisruptionbudgets', kind: 'PodDisruptionBudget' }],
  'networking.k8s.io/v1': [{ name: 'networkpolicies', kind: 'NetworkPolicy' }],
  'rbac.authorization.k8s.io/v1': [
    { name: 'roles', kind: 'Role' },
    { name: 'rolebindings', kind: 'RoleBinding' },
  ],
};

/** Answers by path. */
export const API_DISCOVERY: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    ...{ kind: 'APIGroupList', apiVersion: 'v1' },
    groups: Object.keys(GROUPS)
      .filter((name) => name !== 'v1')
      .map((groupVersion) => {
        const [name = '', version = ''] = groupVersion.split('/');
        const told = { groupVersion, version };
        return { name, versions: [told], preferredVersion: told };
      }),
  },
  '/version': { major: '1', minor: '32', gitVersion: 'v1.32.0' },
  ...Object.fromEntries(
    Object.entries(GROUPS).map(([groupVersion, resources]) => [
      groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`,
      {
        ...{ kind: 'APIResourceList', apiVersion: 'v1', groupVersion },
        resources: resources.map(({ name, kind }) => {
          const verbs = ['create', 'get', 'list', 'watch'];
          return { name, kind, namespaced: true, singularName: kind.toLowerCase(), verbs };
        }),
      },
    ]),
  ),
};
