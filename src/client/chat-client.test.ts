import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../test/doubles/raw-client.ts';
import { ChatClient } from './chat-client.ts';

const open: { close(): void }[] = [];

afterEach(() => {
  for (const it of open.splice(0)) it.close();
});

/** A node of a chatroom as far as a line: what it was sent, and what it says. */
class NodeOfChat {
  readonly #server: Server;
  readonly taken: string[] = [];
  #socket: Socket | null = null;

  constructor(answer: (line: string, node: NodeOfChat) => void) {
    this.#server = createServer((socket) => {
      this.#socket = socket;
      socket.on('error', () => {});
      socket.write('* you are in main; /help tells more\n');
      socket.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString().split('\n').filter(Boolean)) {
          this.taken.push(line);
          answer(line, this);
        }
      });
    });
    open.push(this.#server);
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  say(line: string): void {
    this.#socket?.write(`${line}\n`);
  }

  drop(): void {
    this.#socket?.destroy();
  }
}

describe('ChatClient', () => {
  it('ChatClient asks the next node for what was said before it heard anything', async () => {
    const first = new NodeOfChat((line, node) => {
      if (line === '/here') node.say('* here 41');
      if (line === '/open') node.say('* session 42');
      // It is said, and the node is gone before anybody heard it.
      if (line.startsWith('/once')) node.drop();
    });
    const second = new NodeOfChat((line, node) => {
      if (line === '/since 41') node.say('43-hi');
      if (line.startsWith('/once 42-1 ')) node.say('* said 1 43');
    });
    const heard: string[] = [];
    const client = new ChatClient({
      endpoints: [await first.start(), await second.start()],
      ...{ room: 'main', historyLines: 0, timeoutMs: 5000 },
      onLine: ({ index, text }) => heard.push(`${index}-${text}`),
      ...{ onNote: () => {}, onFailed: () => {} },
    });
    open.push(client);
    client.start();
    expect(await client.say('hi')).toBe(43);
    await until(() => heard.length > 0, 'the line is heard');
    expect(heard).toEqual(['43-hi']);
    expect(second.taken).not.toContain('/here');
  });
});
