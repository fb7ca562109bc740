/** Answers of the admin port: `{schema, data}` or `{error: {code, message, hint}}`, not cached. */
import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../../std/errors.ts';

/** A request that is refused: thrown by a route, answered by the server, nothing to worry about. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal';
  readonly statusCode: number;
  readonly code: ErrorCode;
  readonly hint: string | null;

  constructor(
    statusCode: number,
    init: { readonly code: ErrorCode; readonly message: string; readonly hint?: string },
  ) {
    super(init.message);
    this.statusCode = statusCode;
    this.code = init.code;
    this.hint = init.hint ?? null;
  }
}

export function sendData(
  response: ServerResponse,
  schema: string,
  data: unknown,
  statusCode = 200,
): void {
  sendText(response, {
    statusCode,
    contentType: 'application/json; charset=utf-8',
    text: `${JSON.stringify({ schema: `raftctl/${schema}/v1`, data })}\n`,
  });
}

export function sendRefusal(response: ServerResponse, refusal: AdminRefusal): void {
  sendText(response, {
    statusCode: refusal.statusCode,
    contentType: 'application/json; charset=utf-8',
    text: errorText(refusal),
  });
}

export function errorText(error: {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}): string {
  const { code, message, hint } = error;
  return `${JSON.stringify({ error: { code, message, hint } })}\n`;
}

export function sendText(
  response: ServerResponse,
  answer: { readonly statusCode: number; readonly contentType: string; readonly text: string },
): void {
  const bytes = Buffer.from(answer.text);
  response.writeHead(answer.statusCode, {
    ...commonHeaders(answer.contentType),
    'content-length': bytes.length,
  });
  response.end(bytes);
}

export function commonHeaders(contentType: string): Record<string, string> {
  return {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
}
