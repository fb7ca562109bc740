/** Lines of roff in the macros of man(7), which man-db, groff and mandoc all read. Pure. */

/** Letters that roff, or a font of a terminal, would make something else of. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
};

/** Text that stands for itself wherever it stands. */
export function escaped(text: string): string {
  const plain = text.replaceAll(/[\\'`^~"-]/g, (letter) => SPECIAL[letter] ?? letter);
  return plain.replaceAll(/[^\n -~]/gu, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    // Control characters have no place on a page.
    return code < 0xa0 ? '' : `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

/** A line of text: what begins with a dot or a quote would be a request. */
export function textLine(text: string): string {
  const line = escaped(text.replaceAll(/\s+/g, ' ').trim());
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

export function heading(title: string): string {
  return `.SH ${quoted(title)}`;
}

/** An argument of a macro. */
export function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** A tag, and indented below it what it stands for. */
export function tagged(tag: string, lines: readonly string[]): string[] {
  return ['.TP', tag, ...lines];
}

export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** Lines as they are typed. */
export function example(lines: readonly string[]): string[] {
  return ['.RS 4', '.nf', ...lines.map((line) => textLine(line)), '.fi', '.RE'];
}
