/** Errors as Go's `http.Error` writes them: a line of text that no browser may take for more. */
import type { ServerResponse } from 'node:http';
import { sendText } from './http-reply.ts';

/** Says to people and tools what the older system's own words keep to themselves. */
const REASON_HEADER = 'X-Raftctl-Reason';

export function sendPlainError(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.setHeader('X-Content-Type-Options', 'nosniff');
  sendText(response, status, `${text}\n`);
}

/** To be called before the answer. */
export function giveReason(response: ServerResponse, reason: string): void {
  if (response.headersSent || response.destroyed) return;
  // Header values are bytes: what is not printable ASCII would end the response.
  response.setHeader(REASON_HEADER, reason.replace(/[^ -~]/g, '?'));
}
