/** The table `[tui.keys]`. Loaded only when there is a configuration file. */
import { z } from 'zod';
import { clashIn, clashText, isTopKey, TOP_ACTIONS, type TopAction } from './top-keys.ts';

const keyText = z
  .string()
  .refine(isTopKey, 'it is no key like "x", "space", "f5" or "C-x" that is free to be given')
  .optional();

const shape = Object.fromEntries(TOP_ACTIONS.map((action) => [action, keyText])) as Record<
  TopAction,
  typeof keyText
>;

export const topKeysSchema = z.strictObject(shape).superRefine((choice, context) => {
  const clash = clashIn(choice);
  if (clash === null) return;
  context.addIssue({ code: 'custom', path: [clash.action], message: clashText(clash) });
});
