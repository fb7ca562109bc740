/**
 * The text log of raft-demo's first programs, as the library Journey wrote it:
 * `<number> -- <opcode> --    <text>    | <Mon DD HH:MM:SS>`. Opcode 0 is a read, 1 a change.
 */

/** The time of day, as the one who writes has it. */
export interface JourneyTime {
  getMonth(): number;
  getDate(): number;
  getHours(): number;
  getMinutes(): number;
  getSeconds(): number;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export function journeyLine(
  entry: { readonly number: number; readonly isRead: boolean; readonly text: string },
  time: JourneyTime,
): string {
  const day = String(time.getDate()).padStart(2);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  // One line each, whatever is in a key.
  const text = entry.text.replace(/[\r\n]/g, ' ');
  const when = `${MONTHS[time.getMonth()]} ${day} ${clock}`;
  return `${entry.number} -- ${entry.isRead ? 0 : 1} --    ${text}    | ${when}\n`;
}

/** What was done, in the words of raft-demo. */
export function journeyText(op: 'get' | 'set' | 'delete', key: string, value = ''): string {
  if (op === 'set') return `Set key: ${key}, value: ${value}`;
  return `${op === 'get' ? 'Get' : 'Delete'} key: ${key}`;
}
