import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { ask } from './question.ts';

/** What comes of a question when these keys are pressed. */
async function answerTo(keys: string): Promise<string | null> {
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  const answer = ask('Name: ', terminal);
  terminal.input.write(keys);
  return answer;
}

test('ask() gives the line that was typed, Ctrl-D is none', async () => {
  expect(await answerTo(' demo \r')).toBe('demo');
  expect(await answerTo('\r')).toBe('');
  expect(await answerTo('\u0004')).toBeNull();
});

test('ask() says that Ctrl-C interrupted it', async () => {
  await expect(answerTo('de\u0003')).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
});
