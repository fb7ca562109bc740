/** The responses of the HTTP dialect. A response that is under way or gone is left alone. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Bytes, bytesFrom } from '../../std/bytes.ts';
import type { KvError } from '../../wire/apps/kvstore.ts';
import { SESSION_EXPIRED } from '../../wire/apps/session.ts';
import type { ServerLimits } from './limits.ts';

const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Answers and closes: what the client still sends is not read. */
export function sendTooLarge(
  request: IncomingMessage,
  response: ServerResponse,
  limits: ServerLimits,
): void {
  response.setHeader('Connection', 'close');
  const text = `the body is longer than ${limits.httpBodyBytes} bytes`;
  response.on('finish', () => request.socket.destroySoon());
  sendError(response, 413, 'REQUEST_REFUSED', text);
}

export function sendMethodRefused(response: ServerResponse, allowed: string): void {
  response.setHeader('Allow', allowed);
  sendText(response, 405, '');
}

export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  sendText(response, status, JSON.stringify({ error: { code, message } }), 'application/json');
}

export function sendKvError(response: ServerResponse, { text }: KvError): void {
  if (text === SESSION_EXPIRED.text) sendError(response, 410, 'SESSION_EXPIRED', text);
  else sendError(response, 500, 'REQUEST_REFUSED', text);
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = PLAIN_TEXT,
): void {
  sendBytes(response, { status, body: bytesFrom(text), type });
}

/** A value as its bytes. */
export function sendLatin1(response: ServerResponse, status: number, value: string): void {
  sendBytes(response, { status, body: bytesFrom(value, 'latin1'), type: PLAIN_TEXT });
}

function sendBytes(
  response: ServerResponse,
  { status, body, type }: { readonly status: number; readonly body: Bytes; readonly type: string },
): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = status;
  if (body.length > 0) response.setHeader('Content-Type', type);
  // A 204 has no body, and must not say that it has one of length 0.
  if (status !== 204) response.setHeader('Content-Length', body.length);
  response.end(body);
}
