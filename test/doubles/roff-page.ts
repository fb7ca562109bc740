/** What is wrong with a page of the manual, as strictly as mandoc and groff would say it. */

const REQUEST = /^\.(TH|SH|SS|TP|PP|RS|RE|nf|fi)(?: (.*))?$/;
const ESCAPE = /\\(?:f[BIR]|e|-|&|\((?:aq|ga|ha|ti|dq)|\[u[0-9A-F]{4,6}\])/g;

interface Line {
  readonly text: string;
  /** Of a request: its two letters. */
  readonly request: string | null;
  /** Without requests and escapes. */
  readonly plain: string;
  readonly next: string;
}

const RULES: readonly (readonly [what: string, isBroken: (line: Line) => boolean])[] = [
  ['it is taken for a request', ({ text, request }) => /^[.']/.test(text) && request === null],
  ['a backslash that is no escape', ({ plain }) => plain.includes('\\')],
  ['a letter that is not ASCII', ({ plain }) => /[^ -~]/.test(plain)],
  ['a letter that becomes another one', ({ plain }) => /['`^~]/.test(plain)],
  ['a hyphen or a quote', ({ plain, request }) => request === null && /["-]/.test(plain)],
  ['it is empty, or ends with a blank', ({ text }) => text === '' || /\s$/.test(text)],
  ['a tag is missing', ({ request, next }) => request === 'TP' && /^\.|^$/.test(next)],
  ['the section is empty', ({ request, next }) => request === 'SH' && /^\.SH|^$/.test(next)],
];

const TITLE = /^\.TH "[A-Z\d\\-]+" "1" "\d{4}-\d\d-\d\d" "raftctl [\d.]+\S*" "[^"]+"$/;
const SECTIONS = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXIT STATUS', 'SEE ALSO'];

export function roffFaults(page: string): string[] {
  const lines = page.split('\n');
  const faults: string[] = [];
  if (lines.pop() !== '') faults.push('the last line has no end');
  if (!TITLE.test(lines[0] ?? '')) faults.push(`the title: ${lines[0]}`);
  for (const [i, text] of lines.entries()) {
    const match = REQUEST.exec(text);
    const plain = (match === null ? text : (match[2] ?? '')).replaceAll(ESCAPE, '');
    const line = { text, request: match?.[1] ?? null, plain, next: lines[i + 1] ?? '' };
    for (const [what, isBroken] of RULES) {
      if (isBroken(line)) faults.push(`line ${i + 1}: ${what}: ${text}`);
    }
  }
  for (const title of SECTIONS) {
    if (!lines.includes(`.SH "${title}"`)) faults.push(`there is no ${title}`);
  }
  return faults;
}
