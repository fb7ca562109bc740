import { describe, expect, it } from 'vitest';
import { type Edn, EdnError, EdnReader, isEdnMap, printEdn, Word } from './edn.ts';

function read(text: string): Edn[] {
  const reader = new EdnReader(text);
  const values: Edn[] = [];
  for (let form = reader.next(); form !== null; form = reader.next()) values.push(form.value);
  return values;
}

function errorOf(text: string): EdnError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof EdnError) return error;
  }
  throw new Error(`${text} is read without an error`);
}

describe('EdnReader', () => {
  it('reads nothing from blanks, commas and comments', () => {
    expect(read(' ,\n\t; a comment\n,,; the last')).toEqual([]);
  });

  it('reads scalars', () => {
    expect(read('nil true false 3 -4 +5 2.5 1e3 7N 0.5M')).toEqual([
      ...[null, true, false, 3, -4, 5, 2.5, 1000, 7, 0.5],
    ]);
    expect(read(':a :a/b sym - +x').map(printEdn)).toEqual([':a', ':a/b', 'sym', '-', '+x']);
    expect(read('123456789012345678901234567890')).toEqual([
      new Word('123456789012345678901234567890'),
    ]);
  });

  it('reads texts with escapes and brackets in them', () => {
    expect(read('"a\\"b\\\\c\\nd\\u00e4" "]{;#_" ""')).toEqual(['a"b\\c\ndä', ']{;#_', '']);
    expect(read('\\a \\newline \\space \\]')).toEqual(['a', '\n', ' ', ']']);
  });

  it('reads collections in each other, whatever stands between', () => {
    expect(read('[1 [2 (3)] #{4}]')).toEqual([[1, [2, [3]], [4]]]);
    expect(read('[1[2]"x"3]')).toEqual([[1, [2], 'x', 3]]);
    const [map] = read('{:a 1, "b" {:c nil} [1 2] 3}');
    expect(isEdnMap(map) && [...map]).toEqual([
      ...[
        [':a', 1],
        ['"b"', new Map([[':c', null]])],
        ['[1 2]', 3],
      ],
    ]);
  });

  it('passes over tags and what is discarded', () => {
    expect(read('#inst "2020-01-01" #jepsen.history.Op{:a 1}').map(printEdn)).toEqual([
      ...['"2020-01-01"', '{:a 1}'],
    ]);
    expect(read('[1 #_2 3 #_[4 5]] #_6')).toEqual([[1, 3]]);
  });

  it('says where a form begins', () => {
    const reader = new EdnReader('  1\n {:a 2}');
    expect([reader.next()?.at, reader.next()?.at, reader.next()]).toEqual([2, 5, null]);
  });

  it('says what it cannot read, and where', () => {
    expect(errorOf('[1 2').message).toBe('nothing closes [');
    expect(errorOf('  "abc').at).toBe(2);
    expect(errorOf('1 ]').message).toBe('a lone ]');
    expect(errorOf('[1 2}').message).toBe('a lone }');
    expect(errorOf('{:a}').message).toContain('no value');
    expect(errorOf('"\\q"').message).toContain('no escape');
    expect(errorOf('"\\u12"').message).toContain('hexadecimal');
    expect(errorOf('#_').message).toContain('nothing follows');
    expect(errorOf('#tag').message).toContain('nothing follows');
    expect(errorOf('['.repeat(100)).message).toContain('levels');
  });

  it('prints what it reads back the same', () => {
    const text = '{:a [1 "x" nil] :b {:c [true false]}}';
    expect(read(text).map(printEdn)).toEqual([text]);
  });
});
