import { expect, test } from 'vitest';
import { KeyLines } from './key-lines.ts';

const TEXT = `# a comment with key = 1

nodes = 3
list = [
  "one", # ]
  "two",
]
long = """
nodes = 4
"""
after = 'x = "'
"quoted key" = 1
inline = { a = 1, b = "}" }

[cluster]
  fsync = "always" # a comment
dotted.key = true

[cluster.node.n2]
fsync = "none"

[[stage]]
rate = 1
[[stage]]
rate = 2
[stage.deep]
x = 1
`;

test.each<[(string | number)[], number]>([
  [['nodes'], 3],
  [['list'], 4],
  [['list', 1], 4],
  [['long'], 8],
  [['after'], 11],
  [['quoted key'], 12],
  [['inline', 'b'], 13],
  [['cluster'], 15],
  [['cluster', 'fsync'], 16],
  [['cluster', 'dotted', 'key'], 17],
  [['cluster', 'node', 'n2', 'fsync'], 20],
  [['cluster', 'node', 'n2', 'nothing'], 19],
  [['stage', 0, 'rate'], 23],
  [['stage', 1, 'rate'], 25],
  [['stage', 1, 'deep', 'x'], 27],
  [['nowhere'], 1],
])('KeyLines finds %j on line %i', (path, line) => {
  expect(new KeyLines(TEXT).lineOf(path)).toBe(line);
});
