/** What a context may be called. */

/** In the place of a name: no context at all. */
export const NO_CONTEXT = 'none';

/** As names of clusters. */
const CONTEXT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export function isContextName(name: string): boolean {
  return CONTEXT_NAME.test(name) && name !== NO_CONTEXT;
}
