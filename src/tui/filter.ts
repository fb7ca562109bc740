/**
 * What `/` takes: a regular expression without regard to case; `!` before it turns it round, `-f `
 * makes it fuzzy (its letters in order, whatever is between). What is no regular expression is
 * looked for as it stands.
 */
export function filterOf(text: string): (subject: string) => boolean {
  if (text === '') return () => true;
  if (text.startsWith('!') && text.length > 1) {
    const inner = filterOf(text.slice(1));
    return (subject) => !inner(subject);
  }
  if (text.startsWith('-f ')) return (subject) => isFuzzy(text.slice(3), subject);
  try {
    const expression = new RegExp(text, 'i');
    return (subject) => expression.test(subject);
  } catch {
    const wanted = text.toLowerCase();
    return (subject) => subject.toLowerCase().includes(wanted);
  }
}

function isFuzzy(letters: string, subject: string): boolean {
  const lower = subject.toLowerCase();
  let at = 0;
  for (const letter of letters.toLowerCase().replaceAll(' ', '')) {
    at = lower.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
