/** Certificates as people read them. Pure. */
import type { Paint } from '../std/paint.ts';
import { tableLines } from '../std/table.ts';
import type { CertificateRow } from './tls-folder.ts';

const DAY_MS = 24 * 3_600_000;
const WARNING_DAYS = 30;
const FINGERPRINT_DIGITS = 16;
const IN_USE = { this: 'yes', other: 'NOT YET', unknown: '-' } as const;

/** A certificate, and what its node uses. */
export interface ShownCertificate extends CertificateRow {
  /** Negative: it has expired. */
  readonly daysLeft: number;
  /** `other`: the node has not read it yet; null: no node of it answers. */
  readonly inUse: 'this' | 'other' | null;
}

export function shownCertificate(
  row: CertificateRow,
  used: string | null,
  nowMs: number,
): ShownCertificate {
  const daysLeft = Math.floor((Date.parse(row.expiresAt) - nowMs) / DAY_MS);
  const inUse = used === null ? null : used === row.fingerprint ? 'this' : 'other';
  return { ...row, daysLeft, inUse };
}

/** Worth a word before it is too late. */
export function endsSoon({ daysLeft }: ShownCertificate): boolean {
  return daysLeft < WARNING_DAYS;
}

export function certificateLines(rows: readonly ShownCertificate[], paint: Paint): string[] {
  const lines = tableLines(
    [
      { title: 'NAME', cell: (row: ShownCertificate) => row.name },
      { title: 'ROLE', cell: (row) => row.role },
      { title: 'UNTIL', cell: (row) => row.expiresAt.slice(0, 10) },
      { title: 'LEFT', cell: (row) => (row.daysLeft < 0 ? 'EXPIRED' : `${row.daysLeft} days`) },
      { title: 'IN USE', cell: (row) => IN_USE[row.inUse ?? 'unknown'] },
      { title: 'SHA-256', cell: (row) => row.fingerprint.slice(0, FINGERPRINT_DIGITS) },
    ],
    rows,
    paint,
  );
  return lines.map((line, i) => {
    const row = rows[i - 1];
    const isBad = row !== undefined && (endsSoon(row) || row.inUse === 'other');
    return isBad ? paint('yellow', line) : line;
  });
}
