/** What keys a node uses, and the order to read them again. */
import type { ServerResponse } from 'node:http';
import type { Security } from '../../wire/security.ts';
import { AdminRefusal, sendData } from './admin-reply.ts';

export function answerWithKeys(response: ServerResponse, security: Security | null): void {
  sendData(response, 'admin.tls', known(security).facts());
}

/** Connections that are open stay as they are; new ones are made with what was read. */
export function answerWithReload(
  response: ServerResponse,
  security: Security | null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    known(security).reload((facts) => {
      if (typeof facts === 'string') {
        reject(new AdminRefusal(409, { code: 'TLS_INVALID', message: facts }));
        return;
      }
      sendData(response, 'admin.tls', facts);
      resolve();
    });
  });
}

function known(security: Security | null): Security {
  if (security !== null) return security;
  throw new AdminRefusal(404, {
    code: 'TLS_INVALID',
    message: 'This node has no keys: its ports are plain',
    hint: 'Make them with the nodes stopped: raftctl tls init',
  });
}
