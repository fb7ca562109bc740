import { describe, expect, it } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { CHAT_HISTORY, type ChatLines, encodeSay } from '../../wire/apps/chat.ts';
import { KvError } from '../../wire/apps/kvstore.ts';
import { Chatroom } from './chatroom.ts';

class Talk {
  readonly room = new Chatroom();
  index = 0;

  say(text: string, room = 'main'): unknown {
    this.index += 1;
    return apply(this.room, encodeSay(room, bytesFrom(text)), this.index);
  }

  lines(after: number, room = 'main', bytesMax = 1e9): ChatLines & { readonly text: string } {
    const found = this.room.query({ op: 'lines', room, after, bytesMax }) as ChatLines;
    return { ...found, text: found.lines.join('') };
  }
}

function apply(room: Chatroom, command: ReturnType<typeof encodeSay>, index: number): unknown {
  return room.apply(command, 0, command.length, { index, term: 1, leaderTimeMs: 0 });
}

function copy(from: Chatroom, index: number): Chatroom {
  const source = from.snapshot();
  const to = new Chatroom();
  const state = to.restore({ index, term: 1, leaderTimeMs: 0 });
  for (let piece = source.next(100); piece !== null; piece = source.next(100)) state.take(piece);
  expect(state.finish()).toBe(true);
  return to;
}

describe('Chatroom', () => {
  it('Chatroom gives each line the index of its entry and tells it to its room only', () => {
    const talk = new Talk();
    expect(talk.say('hi')).toBe(1);
    talk.say('psst', 'den');
    talk.say('bye-bye');
    expect(talk.lines(0)).toMatchObject({ text: '1-hi\n3-bye-bye\n', through: 3, gap: false });
    expect(talk.lines(1).text).toBe('3-bye-bye\n');
    expect(talk.lines(0, 'den')).toMatchObject({ text: '2-psst\n', through: 3 });
    expect(talk.lines(3)).toMatchObject({ text: '', through: 3 });
  });

  it('Chatroom hands out long conversations in parts without losing a line', () => {
    const talk = new Talk();
    for (let i = 0; i < 100; i += 1) talk.say('x'.repeat(50), i % 2 === 0 ? 'main' : 'den');
    let after = 0;
    let text = '';
    for (let part = talk.lines(0, 'main', 200); ; part = talk.lines(after, 'main', 200)) {
      text += part.text;
      if (part.through === after) break;
      after = part.through;
    }
    expect(text.match(/^\d+(?=-)/gm)).toEqual(Array.from({ length: 50 }, (_, i) => `${2 * i + 1}`));
  });

  it('Chatroom refuses what makes no sense, alike on every replica', () => {
    const { room } = new Talk();
    for (const bytes of ['', '\x01', '\x01\x01\x05ab', '\x02\x01\x01ax', '\x01\x01\x01 x']) {
      expect(apply(room, bytesFrom(bytes, 'latin1'), 1)).toBeInstanceOf(KvError);
    }
    expect(room.query({ op: 'newest' })).toBe(0);
  });

  it('Chatroom keeps what its history may hold, and says where something is missing', () => {
    const talk = new Talk();
    const { linesMax } = CHAT_HISTORY;
    for (let i = 0; i < linesMax + 10; i += 1) talk.say('x');
    expect(talk.lines(0).lines).toHaveLength(linesMax + 10);
    const restored = new Talk();
    Object.assign(restored, { room: copy(talk.room, talk.index) });
    expect(restored.lines(0)).toMatchObject({ gap: true, through: talk.index });
    expect(restored.lines(0).lines).toHaveLength(linesMax);
    expect(restored.lines(10).gap).toBe(false);
    expect(restored.room.query({ op: 'back', room: 'main', count: 2 })).toBe(talk.index - 2);
  });

  it('Chatroom forgets the room that was silent for longest, and says so to who asks', () => {
    const talk = new Talk();
    for (let i = 0; i <= CHAT_HISTORY.roomsMax; i += 1) talk.say('x', `room-${i}`);
    const { room } = talk;
    const names = (room.query({ op: 'rooms' }) as { room: string }[]).map((row) => row.room);
    expect(names).toHaveLength(CHAT_HISTORY.roomsMax);
    expect(names).not.toContain('room-0');
    const later = new Talk();
    Object.assign(later, { room: copy(room, talk.index) });
    expect(later.lines(0, 'room-0').gap).toBe(true);
    expect(later.lines(1, 'room-0').gap).toBe(false);
  });

  it('Chatroom is the same after a snapshot, which others do not change', () => {
    const talk = new Talk();
    for (let i = 0; i < 500; i += 1) talk.say(`line ${i}`, `r${i % 7}`);
    const digest = talk.room.digest();
    const source = talk.room.snapshot();
    talk.say('later');
    const to = new Chatroom();
    const state = to.restore({ index: 500, term: 1, leaderTimeMs: 0 });
    for (let piece = source.next(33); piece !== null; piece = source.next(33)) state.take(piece);
    expect(state.finish()).toBe(true);
    expect(to.digest()).toBe(digest);
    expect(talk.room.digest()).not.toBe(digest);
  });

  it('Chatroom takes over no state that is not whole', () => {
    const talk = new Talk();
    talk.say('hi');
    const whole = talk.room.snapshot().next(1e6) as ReturnType<typeof bytesFrom>;
    const line = talk.room.snapshot();
    line.next(1e6);
    const rest = line.next(1e6) as ReturnType<typeof bytesFrom>;
    for (let cut = 0; cut < rest.length; cut += 1) {
      const to = new Chatroom();
      const state = to.restore({ index: 1, term: 1, leaderTimeMs: 0 });
      state.take(whole);
      state.take(rest.subarray(0, cut));
      expect(state.finish(), `cut at ${cut}`).toBe(false);
      expect(to.query({ op: 'newest' })).toBe(0);
    }
  });
});
