/** A real Redis, for tests that compare with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer as createTcpServer } from 'node:net';
import { RawClient, resp } from './raw-client.ts';

export class RedisServer {
  readonly address: string;
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
    this.address = `127.0.0.1:${port}`;
  }

  /** One database, nothing on disk. */
  static async start(): Promise<RedisServer> {
    const port = await freePort();
    const flags = ['--port', String(port), '--save', '', '--databases', '1'];
    const redis = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      redis.once('error', (error) =>
        reject(
          new Error(`This test compares with redis-server, which cannot be run: ${error.message}`),
        ),
      );
      redis.once('exit', (code) => reject(new Error(`redis-server ended with code ${code}`)));
      redis.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('Ready to accept connections')) resolve();
      });
    });
    return new RedisServer(redis, port);
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** Sends requests on a connection of their own and gives the replies, one by one. */
export async function converse(address: string, requests: readonly string[]): Promise<string[]> {
  const client = await RawClient.connect(address);
  const replies = await talk(client, requests);
  client.close();
  return replies;
}

/** As `converse`. Between MULTI and EXEC the mark behind a request is queued, not echoed. */
export async function talk(client: RawClient, requests: readonly string[]): Promise<string[]> {
  const replies: string[] = [];
  for (const [i, request] of requests.entries()) {
    const mark = `end-of-${i}`;
    client.send(`${request}${resp('ECHO', mark)}`);
    const end = `$${mark.length}\r\n${mark}\r\n`;
    const received = await client.take((text) => text.endsWith(end));
    replies.push(received.slice(0, -end.length));
  }
  return replies;
}
