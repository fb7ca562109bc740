/** What the file of contexts may hold. Loaded only when there is one. */
import { z } from 'zod';
import { isContextName } from './context-names.ts';
import { settingAddresses, settingText } from './settings-schema.ts';

const context = z
  .strictObject({
    ...{ dir: settingText, cluster: settingText, endpoints: settingAddresses },
    ...{ tlsCa: settingText, tlsCert: settingText, tokenFile: settingText },
    readOnly: z.boolean().optional(),
  })
  .refine(
    ({ cluster, endpoints }) => (cluster === undefined) !== (endpoints === undefined),
    'it names either a cluster or endpoints',
  )
  .refine(
    ({ cluster, dir }) => dir === undefined || cluster !== undefined,
    'dir belongs to a cluster',
  )
  .refine(
    ({ endpoints, tlsCa, tlsCert, tokenFile }) =>
      endpoints !== undefined || [tlsCa, tlsCert, tokenFile].every((file) => file === undefined),
    'tlsCa, tlsCert and tokenFile belong to endpoints: a cluster has its own',
  );

export const CONTEXTS_SCHEMA = z.strictObject({
  current: settingText,
  context: z
    .record(z.string().refine(isContextName, 'it is no name of a context'), context)
    .optional(),
});

export type ContextsValue = z.output<typeof CONTEXTS_SCHEMA>;
