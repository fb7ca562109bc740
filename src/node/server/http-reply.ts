/** The responses of the HTTP dialect. A response that is under way or gone is left alone. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bytesFrom } from '../../std/bytes.ts';
import type { ServerLimits } from './limits.ts';

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

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  if (response.headersSent || response.destroyed) return;
  const body = bytesFrom(text);
  response.statusCode = status;
  if (body.length > 0) response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', body.length);
  response.end(body);
}
