import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { kvFlags } from '../cli/flags.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { chooseEndpoints } from '../cluster/endpoints.ts';
import { converse } from '../shell/chat.ts';
import { RaftctlError } from '../std/errors.ts';
import { CHAT_ROOM_DEFAULT, isRoomName, NOT_A_ROOM } from '../wire/apps/chat.ts';

export default class Chat extends BaseCommand {
  static override summary = 'Talk in a chatroom cluster.';
  static override description =
    'On a terminal: lines you type are said, /help tells what else there is, Ctrl-D leaves. From a ' +
    'pipe: each line of stdin is said, each line of the room is printed as INDEX-TEXT, and it ends ' +
    'when all that was said is committed; with --follow it goes on listening. Every line is heard ' +
    'and said once and in order, also when nodes fail meanwhile.';
  static override examples = [
    '<%= config.bin %> chat --cluster talk',
    'echo hello | <%= config.bin %> chat --cluster talk',
    '<%= config.bin %> chat den --follow --history 100 < /dev/null',
  ];
  static override args = {
    room: Args.string({
      description: 'The room to be in.',
      default: CHAT_ROOM_DEFAULT,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...kvFlags,
    history: Flags.integer({
      summary: 'How many earlier lines to show first. [default: 10 on a terminal, else none]',
      min: 0,
      env: 'RAFTCTL_HISTORY',
    }),
    name: Flags.string({
      summary: 'Say each line as NAME: LINE.',
      helpValue: 'NAME',
      env: 'RAFTCTL_NAME',
    }),
    follow: Flags.boolean({
      summary: 'Go on listening when stdin has ended.',
      env: 'RAFTCTL_FOLLOW',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Chat);
    const { timeout, name, follow } = flags;
    if (!isRoomName(args.room)) {
      throw new RaftctlError('USAGE', {
        message: `Cannot enter ${JSON.stringify(args.room)}: ${NOT_A_ROOM.text.slice(4)}`,
      });
    }
    if (follow && this.jsonEnabled()) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot print one JSON object and follow',
        hint: 'Leave out --json: each line is INDEX-TEXT',
      });
    }
    const isTerminal = this.isInteractive && process.stdout.isTTY === true;
    const interrupts = new Interrupts(() => {});
    try {
      const talk = await converse({
        endpoints: await chooseEndpoints({ ...flags, app: 'chatroom' }),
        room: args.room,
        historyLines: flags.history ?? (isTerminal ? 10 : 0),
        timeoutMs: timeout,
        prefix: name === undefined ? '' : `${name}: `,
        ...{ isTerminal, follow, signal: interrupts.signal },
        print: (line) => this.print(line),
        note: (line) => this.note(line),
        paint: this.paintOut,
      });
      return this.answer('chat', { room: args.room, ...talk }, interrupts.exitCode ?? 0);
    } finally {
      interrupts.release();
    }
  }
}
