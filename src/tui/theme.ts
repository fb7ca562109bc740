/**
 * What tones look like. Colour only ever adds to a letter, a word or a shape that says the same, so
 * every theme, `none` included, shows everything.
 */
import type { Line, Tone } from './text.ts';

export const THEME_NAMES = ['dark', 'light', 'deuteranopia', 'tritanopia', 'mono', '16'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];
/** `none`: no escape sequence at all. */
export type Palette = ThemeName | 'none';

/** SGR parameters of a tone; '': as the terminal is. */
type Theme = Readonly<Record<Tone, string>>;

const DARK: Theme = {
  plain: '',
  dim: '38;5;244',
  strong: '1',
  good: '38;5;114',
  warn: '38;5;221',
  bad: '1;38;5;203',
  accent: '38;5;80',
  title: '1;38;5;117',
  frame: '38;5;240',
  focus: '38;5;117',
  selected: '7',
  heat1: '38;5;65',
  heat2: '38;5;179',
  heat3: '38;5;209',
};

const LIGHT: Theme = {
  ...DARK,
  dim: '38;5;241',
  good: '38;5;28',
  warn: '38;5;130',
  bad: '1;38;5;160',
  accent: '38;5;25',
  title: '1;38;5;24',
  frame: '38;5;249',
  focus: '38;5;25',
  heat1: '38;5;108',
  heat2: '38;5;136',
  heat3: '38;5;160',
};

/** Blue against orange instead of green against red. */
const DEUTERANOPIA: Theme = {
  ...DARK,
  good: '38;5;75',
  warn: '38;5;222',
  bad: '1;38;5;208',
  accent: '38;5;153',
  heat1: '38;5;67',
  heat2: '38;5;222',
  heat3: '38;5;208',
};

/** Red against cyan instead of blue against yellow. */
const TRITANOPIA: Theme = {
  ...DARK,
  good: '38;5;80',
  warn: '38;5;217',
  bad: '1;38;5;197',
  accent: '38;5;159',
  title: '1;38;5;159',
  focus: '38;5;159',
  heat1: '38;5;73',
  heat2: '38;5;217',
  heat3: '38;5;197',
};

const MONO: Theme = {
  plain: '',
  dim: '2',
  strong: '1',
  good: '',
  warn: '1',
  bad: '1;4',
  accent: '',
  title: '1',
  frame: '2',
  focus: '1',
  selected: '7',
  heat1: '2',
  heat2: '',
  heat3: '1',
};

const SIXTEEN: Theme = {
  plain: '',
  dim: '90',
  strong: '1',
  good: '32',
  warn: '33',
  bad: '1;31',
  accent: '36',
  title: '1;36',
  frame: '90',
  focus: '36',
  selected: '7',
  heat1: '32',
  heat2: '33',
  heat3: '31',
};

const THEMES: Readonly<Record<ThemeName, Theme>> = {
  dark: DARK,
  light: LIGHT,
  deuteranopia: DEUTERANOPIA,
  tritanopia: TRITANOPIA,
  mono: MONO,
  '16': SIXTEEN,
};

export function isThemeName(text: string): text is ThemeName {
  return Object.hasOwn(THEMES, text);
}

export function nextTheme(name: ThemeName): ThemeName {
  return THEME_NAMES[(THEME_NAMES.indexOf(name) + 1) % THEME_NAMES.length] ?? 'dark';
}

/** The line with its colours as escape sequences. */
export function ansiText(pieces: Line, palette: Palette): string {
  if (palette === 'none') return pieces.map(({ text }) => text).join('');
  const theme = THEMES[palette];
  let text = '';
  for (const piece of pieces) {
    const sgr = theme[piece.tone];
    text += sgr === '' || piece.text === '' ? piece.text : `\u001b[${sgr}m${piece.text}\u001b[0m`;
  }
  return text;
}
