/** The client that the users of HTTP services have at hand. */
import { runProgram } from './program.ts';

export interface Response {
  readonly status: number;
  readonly body: string;
  readonly headers: string;
}

/** `curl ARGS`, with the status line and the headers told apart from the body. */
export async function curl(...args: string[]): Promise<Response> {
  const { stdout } = await runProgram('curl', ['-s', '-i', '-m', '10', ...args]);
  const end = stdout.indexOf('\r\n\r\n');
  const headers = stdout.slice(0, Math.max(end, 0));
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(headers)?.[1] ?? '0');
  return { status, headers, body: stdout.slice(end + 4) };
}
