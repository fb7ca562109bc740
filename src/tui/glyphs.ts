/** Shapes, as Unicode and as ASCII: every state has one, whatever the colours are. */

export interface Glyphs {
  readonly corner: {
    readonly nw: string;
    readonly ne: string;
    readonly sw: string;
    readonly se: string;
  };
  readonly horizontal: string;
  readonly vertical: string;
  readonly leader: string;
  readonly candidate: string;
  readonly follower: string;
  readonly learner: string;
  readonly down: string;
  readonly paused: string;
  readonly alarm: string;
  readonly cursor: string;
  readonly mark: string;
  readonly none: string;
  readonly descending: string;
  readonly ascending: string;
  readonly enter: string;
  readonly space: string;
  /** Where a line did not fit. */
  readonly cut: string;
  readonly micro: string;
  /** Eighths of a bar that grows to the right, from nothing to full. */
  readonly bar: readonly string[];
  /** Heights of a sparkline, from the lowest to the highest. */
  readonly heights: readonly string[];
  /** Shares of a heat map's cell, from none to most. */
  readonly heat: readonly string[];
}

const UNICODE: Glyphs = {
  corner: { nw: '┌', ne: '┐', sw: '└', se: '┘' },
  horizontal: '─',
  vertical: '│',
  leader: '▲',
  candidate: '?',
  follower: '·',
  learner: '○',
  down: 'x',
  paused: '=',
  alarm: '!',
  cursor: '▸',
  mark: '*',
  none: '·',
  descending: '↓',
  ascending: '↑',
  enter: '↵',
  space: '␣',
  cut: '…',
  micro: 'µ',
  bar: ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  heights: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  heat: ['·', '░', '▒', '▓'],
};

const ASCII: Glyphs = {
  corner: { nw: '+', ne: '+', sw: '+', se: '+' },
  horizontal: '-',
  vertical: '|',
  leader: '^',
  candidate: '?',
  follower: '.',
  learner: 'o',
  down: 'x',
  paused: '=',
  alarm: '!',
  cursor: '>',
  mark: '*',
  none: '.',
  descending: 'v',
  ascending: '^',
  enter: 'Enter ',
  space: 'Space ',
  cut: '>',
  micro: 'u',
  bar: ['', '-', '-', '-', '=', '=', '=', '#', '#'],
  heights: ['_', '.', '-', '=', '+', 'x', '%', '#'],
  heat: ['.', ':', 'o', '#'],
};

export function glyphsFor(ascii: boolean): Glyphs {
  return ascii ? ASCII : UNICODE;
}

/** A bar of `share` of `width` columns. */
export function bar(share: number, width: number, { bar: eighths }: Glyphs): string {
  const filled = Math.max(0, Math.min(1, share)) * width * 8;
  const whole = Math.floor(filled / 8);
  const rest = eighths[Math.floor(filled % 8)] ?? '';
  const full = eighths[8] ?? '';
  if (whole === 0 && rest === '' && share > 0) return eighths[1] ?? '';
  return full.repeat(whole) + rest;
}

/** The same over several rows, from top to bottom. */
export function tallSpark(
  values: readonly (number | null)[],
  rows: number,
  glyphs: Glyphs,
): string[] {
  if (rows <= 1) return [spark(values, glyphs)];
  const { heights, none } = glyphs;
  const top = Math.max(Number.MIN_VALUE, ...values.map((value) => value ?? 0));
  return Array.from({ length: rows }, (_, row) => {
    const below = rows - 1 - row;
    const cells = values.map((value) => {
      if (value === null || value === 0) return below === 0 ? none : ' ';
      const filled = (value / top) * rows - below;
      if (filled <= 0) return ' ';
      return heights[Math.min(heights.length - 1, Math.floor(filled * heights.length))] ?? ' ';
    });
    return cells.join('');
  });
}

/** Heights relative to the highest; null is a hole. */
export function spark(values: readonly (number | null)[], { heights, none }: Glyphs): string {
  const top = Math.max(Number.MIN_VALUE, ...values.map((value) => value ?? 0));
  return values
    .map((value) => {
      if (value === null || value === 0) return none;
      const at = Math.min(heights.length - 1, Math.floor((value / top) * heights.length));
      return heights[at] ?? none;
    })
    .join('');
}
