import { expect, test } from 'vitest';
import { COLOURED, widthOf } from './paint.ts';
import { tableLines } from './table.ts';

const COLUMNS = [
  { title: 'NAME', cell: (row: { name: string; size: number | null }) => row.name },
  { title: 'SIZE', align: 'right', cell: (row: { size: number | null }) => row.size },
] as const;
const ROWS = [
  { name: 'a', size: 12_345 },
  { name: 'longer', size: null },
];

test('tableLines() aligns columns and marks what is not there', () => {
  expect(tableLines(COLUMNS, ROWS)).toEqual(['NAME     SIZE', 'a       12345', 'longer      -']);
});

test('tableLines() is as wide with colour as without', () => {
  const rows = ROWS.map((row) => ({ ...row, name: COLOURED('red', row.name) }));
  const plain = tableLines(COLUMNS, ROWS).map(widthOf);
  expect(tableLines(COLUMNS, rows, COLOURED).map(widthOf)).toEqual(plain);
});
