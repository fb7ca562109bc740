/**
 * What the image asks of itself: does the node's admin port say that the process turns its loop?
 * Where the node is, RAFTCTL_MEMBER tells; without it there is no node here to ask.
 */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { join } from 'node:path';

const ANSWER_MS = 4000;
const { RAFTCTL_MEMBER: member, RAFTCTL_TLS_DIR: keys } = process.env;

if (member !== undefined) {
  const [, host, port] = /=(\[[^\]]+\]|[^:]+):\d+:\d+:(\d+)$/.exec(member) ?? [];
  const where = { host: host?.replace(/^\[|\]$/g, ''), port, path: '/livez', timeout: ANSWER_MS };
  const answered = ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1);
  const call =
    keys === undefined
      ? get(where, answered)
      : getSecurely({ ...where, ca: readFileSync(join(keys, 'ca.pem')) }, answered);
  call.on('timeout', () => call.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
  call.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
}
