/** Many HTTP requests to one port, over some connections that stay open. */
import { Agent, request } from 'node:http';

const CONNECTIONS = 64;
const PATIENCE_MS = 30_000;

export interface BurstRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** Sends them all, about in this order. @returns the answers, `STATUS BODY`, in this order. */
export async function burst(port: number, requests: readonly BurstRequest[]): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    return await Promise.all(requests.map((one) => ask(agent, port, one)));
  } finally {
    agent.destroy();
  }
}

function ask(agent: Agent, port: number, { method, path, body }: BurstRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, agent, timeout: PATIENCE_MS };
    const call = request(options, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    });
    call.on('timeout', () => call.destroy(new Error(`no answer to ${method} ${path}`)));
    call.on('error', reject);
    call.end(body);
  });
}
