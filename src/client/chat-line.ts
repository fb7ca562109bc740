/** What a chatroom's node writes to a client, line by line. Pure. */

export type ChatEvent =
  | { readonly kind: 'line'; readonly index: number; readonly text: string }
  | { readonly kind: 'session'; readonly session: number }
  /** What comes next lies behind that line. */
  | { readonly kind: 'here'; readonly index: number }
  | { readonly kind: 'said'; readonly sequence: number; readonly index: number }
  | {
      readonly kind: 'notSaid';
      readonly sequence: number;
      /** NOLEADER, UNKNOWN, ... */
      readonly word: string;
      readonly text: string;
    }
  | { readonly kind: 'note'; readonly text: string };

export function parseChatLine(line: string): ChatEvent {
  const spoken = /^(\d{1,15})-(.*)$/s.exec(line);
  if (spoken !== null) {
    return { kind: 'line', index: Number(spoken[1]), text: spoken[2] ?? '' };
  }
  const session = /^\* session (\d{1,15})$/.exec(line);
  if (session !== null) return { kind: 'session', session: Number(session[1]) };
  const here = /^\* here (\d{1,15})$/.exec(line);
  if (here !== null) return { kind: 'here', index: Number(here[1]) };
  const said = /^\* said (\d{1,15}) (\d{1,15})$/.exec(line);
  if (said !== null) return { kind: 'said', sequence: Number(said[1]), index: Number(said[2]) };
  const refused = /^! (\d{1,15}) (([A-Z]+) .*)$/.exec(line);
  if (refused !== null) {
    const [, sequence, text = '', word = ''] = refused;
    return { kind: 'notSaid', sequence: Number(sequence), word, text };
  }
  return { kind: 'note', text: line.replace(/^[*!] /, '') };
}
