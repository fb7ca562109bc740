/** What the commands about certificates print. */
import { z } from 'zod';
import type { ShownCertificate } from '../cluster/tls-view.ts';
import { exactly, moment, texts } from './shapes.ts';

const certificate = exactly<ShownCertificate>()(
  z.object({
    name: z.string(),
    role: z.enum(['authority', 'operator', 'member']),
    file: z.string(),
    hosts: texts.describe('Where a member may serve, besides its own machine'),
    fingerprint: z.string().describe('SHA-256 in hex'),
    expiresAt: moment,
    daysLeft: z.int().describe('Negative: it has expired'),
    inUse: z
      .enum(['this', 'other'])
      .nullable()
      .describe('other: its node has not read it; null: no node of it was asked, or answers'),
  }),
);

const WHERE = {
  cluster: z.string().nullable().describe('null: a folder of its own'),
  directory: z.string(),
};

export const TLS: Readonly<Record<string, z.ZodType>> = {
  'tls init': z.object({
    ...WHERE,
    isNew: z.boolean(),
    certificates: z.array(certificate),
  }),
  'tls show': z.object({
    ...WHERE,
    trusted: texts.describe('Fingerprints of the authorities'),
    isReplacing: z.boolean().describe('One authority takes over from another'),
    certificates: z.array(certificate),
  }),
  'tls rotate': z.object({
    ...WHERE,
    authority: z.boolean(),
    tokens: z.boolean(),
    told: texts.describe('Nodes that have read them'),
    certificates: z.array(certificate),
  }),
};
