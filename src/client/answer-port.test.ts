import { afterEach, expect, test } from 'vitest';
import { AnswerPort } from './answer-port.ts';

const ports: AnswerPort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;

test('leaves no socket behind where the port is taken', async () => {
  const before = openSockets();
  const init = { host: '127.0.0.1', onDatagram: () => {} };
  const taken = await AnswerPort.open(init);
  ports.push(taken);
  await expect(AnswerPort.open({ ...init, port: taken.number })).rejects.toThrow('EADDRINUSE');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(openSockets()).toBe(before + 1);
});
