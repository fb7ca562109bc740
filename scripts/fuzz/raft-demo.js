/** raft-demo: what its clients send, what its files hold, who wants to join. */
import { parseDemoConfig } from '../../dist/as/demo-config.js';
import { readDemoLog, readOldFile } from '../../dist/as/old-files.js';
import { install } from '../../dist/as/recovery.js';
import { parseJoin } from '../../dist/node/daemon/join-line.js';
import {
  decodeDemoCommand,
  demoRequest,
  encodeDemoCommand,
} from '../../dist/wire/dialects/raft-demo-command.js';
import { recordsOf } from '../../dist/wire/dialects/raft-demo-records.js';
import { DemoStream, parseDemoLine } from '../../dist/wire/dialects/raft-demo-stream.js';
import { refusedOr } from './refused.js';

/** Of the fields of a command. */
const TAGS = [8, 10, 18, 24, 34, 42, 45, 48, 10, 255];

export function raftDemoDecoders(inputs) {
  const request = () =>
    inputs.damaged(
      demoRequest({
        ip: '15000',
        op: inputs.pick(['get', 'set', 'delete']),
        key: inputs.text(12, TAGS),
        value: inputs.text(24, TAGS),
      }),
    );
  const anything = () => (inputs.below(2) === 0 ? request() : inputs.bytes(40, TAGS));
  const record = () => {
    const body = inputs.below(8) === 0 ? anything() : commandWithIndex(inputs);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return Buffer.concat([head, body]);
  };
  const file = () => inputs.damaged(Buffer.concat([record(), record(), record()]));

  return {
    'raft-demo-command': () => {
      const bytes = anything();
      const command = decodeDemoCommand(bytes, 0, bytes.length);
      if (command === null) return;
      const again = encodeDemoCommand(command);
      const twice = decodeDemoCommand(again, 0, again.length);
      if (JSON.stringify(twice) !== JSON.stringify(command)) throw new Error('it changes');
    },
    'raft-demo-stream': () => {
      const stream = new DemoStream();
      const bytes = Buffer.concat([anything(), anything()]);
      const cut = inputs.below(bytes.length + 1);
      for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut), Buffer.from('\n')]) {
        stream.push(chunk);
        for (let left = bytes.length + 2; stream.next() !== null; left -= 1) {
          if (left === 0) throw new Error('it never ends');
        }
      }
    },
    'raft-demo-line': () => {
      const text = inputs.pick(['15000-', 'set-', 'GET-', 'delete-', '-', '']);
      parseDemoLine(text + inputs.text(12, TAGS));
    },
    'raft-demo-records': () => {
      const bytes = Buffer.concat([Buffer.from([1, inputs.below(64)]), anything()]);
      const look = () => inputs.pick([null, 'value', undefined]);
      recordsOf(bytes, 0, bytes.length, { index: 7, look });
    },
    'raft-demo-join': () => {
      const text = inputs.pick(['node1-', ':12001-', 'true', '[::1]:1-', '-']);
      parseJoin(text + inputs.text(12, TAGS) + text);
    },
    'raft-demo-file': () => {
      const bytes = file();
      const { entries, restBytes } = readDemoLog(bytes);
      if (restBytes < 0 || restBytes > bytes.length) throw new Error('more is left than there was');
      if (entries.some(({ index }) => index === 0)) throw new Error('an entry without an index');
      readOldFile(bytes);
    },
    'raft-demo-recovery': () => {
      const bytes = file();
      const cut = inputs.below(bytes.length + 1);
      const whole = install([bytes]);
      const parts = install([bytes.subarray(0, cut), bytes.subarray(cut)]);
      if (whole.commands !== parts.commands || whole.map.size !== parts.map.size) {
        throw new Error('it depends on where the blocks end');
      }
    },
    'raft-demo-config': () => {
      const right =
        'Rep = 1\nsvrIps = ["127.0.0.1:11000"]\nudpport = 15000\nLOCALIP = "127.0.0.1"\n';
      const text = inputs.damaged(Buffer.from(right)).toString('latin1');
      refusedOr(() => parseDemoConfig(text, 'c.toml'));
    },
  };
}

function commandWithIndex(inputs) {
  return encodeDemoCommand({
    ...{ ip: '', id: 1 + inputs.below(1000), op: inputs.pick(['get', 'set', 'delete']) },
    ...{ key: inputs.text(12), value: inputs.text(24) },
  });
}
