/** What a client of a chatroom may type besides what it says: lines that begin with a slash. */
import type { Bytes } from '../../std/bytes.ts';
import { type ChatRoomRow, isRoomName, NOT_A_ROOM } from '../../wire/apps/chat.ts';
import { OPENING, OPENING_BODY } from '../../wire/apps/session.ts';
import type { ChatGuest } from './chat-context.ts';

const HISTORY_LINES_DEFAULT = 20;
const ROOMS_SHOWN_MAX = 50;

interface ChatCommand {
  readonly usage: string;
  readonly about: string;
  run(guest: ChatGuest, rest: string, text: Bytes): void;
}

const COMMANDS: Readonly<Record<string, ChatCommand>> = {
  room: {
    usage: '/room NAME',
    about: 'go to another room',
    run(guest, rest) {
      if (!isRoomName(rest)) {
        guest.complain(NOT_A_ROOM.text);
        return;
      }
      guest.roomName = rest;
      guest.tell(`you are in ${rest}`);
    },
  },
  rooms: {
    usage: '/rooms',
    about: 'all rooms, the liveliest first',
    run(guest) {
      const rows = guest.context.replica.query({ op: 'rooms' }) as readonly ChatRoomRow[];
      const words = rows
        .slice(0, ROOMS_SHOWN_MAX)
        .map(({ room, lines, newest }) => `${room} (${lines} lines, newest ${newest})`);
      guest.tell(words.length === 0 ? 'nobody has said anything' : words.join(', '));
    },
  },
  history: {
    usage: '/history [LINES]',
    about: 'the last lines of this room again',
    run(guest, rest) {
      const count = rest === '' ? HISTORY_LINES_DEFAULT : numberOf(rest);
      if (count === null) {
        guest.complain(`ERR not a number of lines: ${rest}`);
        return;
      }
      const { replica } = guest.context;
      const query = { op: 'back', room: guest.roomName, count };
      guest.position = replica.query(query) as number;
      guest.deliver();
    },
  },
  since: {
    usage: '/since INDEX',
    about: 'all lines of this room behind that one',
    run(guest, rest) {
      const index = numberOf(rest);
      if (index === null) {
        guest.complain(`ERR not an index: ${rest}`);
        return;
      }
      guest.position = index;
      guest.deliver();
    },
  },
  here: {
    usage: '/here',
    about: 'the index behind which the next line lies',
    run(guest) {
      guest.tell(`here ${guest.position ?? 0}`);
    },
  },
  open: {
    usage: '/open',
    about: 'open a session, for /once',
    run(guest) {
      guest.propose(OPENING_BODY, OPENING, (session) => {
        guest.tell(`session ${session}`);
      });
    },
  },
  once: {
    usage: '/once SESSION-NUMBER TEXT',
    about: 'say it once, however often this is sent',
    run(guest, rest, text) {
      const match = /^(\d{1,15})-(\d{1,15}) /.exec(rest);
      const [, session = '', sequence = ''] = match ?? [];
      if (match === null || Number(session) <= OPENING.session) {
        guest.complain('ERR it is /once SESSION-NUMBER TEXT');
        return;
      }
      const start = '/once '.length + match[0].length;
      const tag = { session: Number(session), sequence: Number(sequence) };
      guest.say(text.subarray(start), tag);
    },
  },
  ping: {
    usage: '/ping',
    about: 'ask for a sign of life',
    run(guest) {
      guest.tell('pong');
    },
  },
  quit: {
    usage: '/quit',
    about: 'leave',
    run(guest) {
      guest.stop();
    },
  },
  help: {
    usage: '/help',
    about: 'this',
    run(guest) {
      for (const { usage, about } of Object.values(COMMANDS)) {
        guest.tell(`${usage.padEnd(26)}  ${about}`);
      }
      guest.tell(`${'//TEXT'.padEnd(26)}  say /TEXT`);
    },
  },
};

/** @param text the line, which begins with a slash. */
export function runChatCommand(guest: ChatGuest, text: Bytes): void {
  const words = text.toString('latin1', 1);
  const space = words.indexOf(' ');
  const name = (space < 0 ? words : words.slice(0, space)).toLowerCase();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) guest.complain('ERR no such command; /help lists them');
  else command.run(guest, space < 0 ? '' : words.slice(space + 1), text);
}

function numberOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
