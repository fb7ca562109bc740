/** goraft's files, raftexample's Procfiles, what chatrooms and slots are told and restored from. */
import { readOldFile } from '../../dist/as/old-files.js';
import { parseProcfile } from '../../dist/as/procfile.js';
import { Chatroom } from '../../dist/node/apps/chatroom.js';
import { SlotRestore } from '../../dist/node/apps/diskstorage-snapshot.js';
import { LineSplitter } from '../../dist/node/server/line-splitter.js';
import { encodeSay } from '../../dist/wire/apps/chat.js';
import { slotOf } from '../../dist/wire/apps/diskstorage.js';
import { refusedOr } from './refused.js';

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 128;
const LINE_BYTES_MAX = 40;
const ROOM_LIFE = 1000;

export function otherDecoders(inputs) {
  let room = new Chatroom();
  let index = 0;

  return {
    'goraft-file': () => {
      const found = readOldFile(goraftFile(inputs));
      if (found !== null && found.restBytes < 0) throw new Error('more is left than there was');
    },
    procfile: () => {
      const right = '# name: command\na: raftctl as kvstore -id "n 0"\nb:raftexample --id 1\n';
      const text = inputs.damaged(Buffer.from(right)).toString('latin1');
      refusedOr(() => parseProcfile(text, 'Procfile'));
    },
    'chat-lines': () => {
      const splitter = new LineSplitter(LINE_BYTES_MAX);
      const bytes = inputs.bytes(100, [10, 13, 47]);
      const cut = inputs.below(bytes.length + 1);
      const lines = [];
      for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        splitter.feed(Buffer.from(chunk));
        for (let line = splitter.next(); line !== null; line = splitter.next()) {
          lines.push(line.toString('latin1'));
        }
      }
      const expected = bytes.toString('latin1').split('\n').slice(0, -1);
      const isCut = splitter.tooLong || lines.length === expected.length;
      if (!isCut || lines.some((line, at) => line !== expected[at])) {
        throw new Error('the lines are others');
      }
    },
    'chat-commands': () => {
      const name = inputs.pick(['main', 'a', '', 'x y', 'n'.repeat(65)]);
      const command = inputs.damaged(encodeSay(name, inputs.bytes(30)));
      index += 1;
      if (index % ROOM_LIFE === 0) room = new Chatroom();
      room.apply(command, 0, command.length, { index, term: 1, leaderTimeMs: 1 });
    },
    'chat-snapshot': () => {
      const said = new Chatroom();
      for (let at = 1; at <= inputs.below(4); at += 1) {
        const line = encodeSay(inputs.pick(['main', 'a']), inputs.bytes(12));
        said.apply(line, 0, line.length, { index: at, term: 1, leaderTimeMs: 1 });
      }
      restore(
        said.restore({ index: 9, term: 1, leaderTimeMs: 1 }),
        inputs.damaged(wholeOf(said.snapshot())),
        inputs,
      );
    },
    'slot-keys': () => {
      const found = slotOf(inputs.pick(['', '-', '1', '0']) + inputs.text(8, [45, 48, 49, 57]));
      if (typeof found === 'number' && !(found >= 0 && found < 1024 * 1024)) {
        throw new Error('there is no such slot');
      }
    },
    'slot-snapshot': () => {
      const file = { put: () => {} };
      // A table has a million slots: one of its own for each would take longer than all the rest.
      const table = { set: () => {} };
      restore(new SlotRestore(file, () => {}, table), inputs.damaged(slots(inputs)), inputs);
    },
  };
}

/** @returns a file with right lengths, most of the time. */
function goraftFile(inputs) {
  const count = inputs.below(4);
  const bytes = Buffer.alloc(PAGE_BYTES + count * ENTRY_BYTES + inputs.below(3));
  bytes.writeUInt32LE(inputs.below(8), 0);
  bytes.writeUInt32LE(inputs.below(8) === 0 ? inputs.below(1000) : count, 16);
  for (let i = 0; i < count; i += 1) {
    const at = PAGE_BYTES + i * ENTRY_BYTES;
    const command = inputs.bytes(ENTRY_BYTES - 16, [0, 1, 5, 115, 101, 116]);
    bytes.writeUInt32LE(inputs.below(8) === 0 ? inputs.below(1000) : command.length, at + 8);
    command.copy(bytes, at + 16);
  }
  return inputs.below(8) === 0 ? bytes.subarray(0, inputs.below(bytes.length)) : bytes;
}

function slots(inputs) {
  const parts = [Buffer.from([1])];
  const count = inputs.below(4);
  for (let i = 0; i < count; i += 1) {
    const content = inputs.bytes(20);
    const head = Buffer.alloc(6);
    head.writeUInt32LE(inputs.below(50), 0);
    head.writeUInt16LE(content.length, 4);
    parts.push(head, content);
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(0xffff_ffff, 0);
  end.writeUInt32LE(count, 4);
  return Buffer.concat([...parts, end]);
}

function wholeOf(source) {
  const pieces = [];
  for (let piece = source.next(64); piece !== null; piece = source.next(64)) {
    pieces.push(Buffer.from(piece));
  }
  source.close();
  return Buffer.concat(pieces);
}

function restore(into, bytes, inputs) {
  const cut = inputs.below(bytes.length + 1);
  into.take(bytes.subarray(0, cut));
  into.take(bytes.subarray(cut));
  into.finish();
}
