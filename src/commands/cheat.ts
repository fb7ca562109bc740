import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { CHEAT_SHEET, CHEAT_TOPICS, type CheatTopic } from '../cli/cheat-sheet.ts';
import { typed } from '../cli/invocation.ts';
import type { Paint } from '../std/paint.ts';

export default class Cheat extends BaseCommand {
  static override summary = 'Short recipes by task: start, look, load, break, prove, recover.';
  static override description = 'Without a topic: all of them. Each line can be typed as it is.';
  static override examples = ['<%= config.bin %> cheat', '<%= config.bin %> cheat recover'];
  static override args = {
    topic: Args.string({ description: 'What it is about.', options: [...CHEAT_TOPICS] }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(Cheat);
    const topics = CHEAT_SHEET.filter(
      ({ name }) => args.topic === undefined || name === args.topic,
    );
    const blocks = topics.map((topic) => topicLines(topic, this.paintOut).join('\n'));
    this.print(blocks.join('\n\n'));
    return this.answer('cheat', { topics });
  }
}

function topicLines({ name, about, recipes }: CheatTopic, paint: Paint): string[] {
  const width = Math.max(...recipes.map(({ line }) => typed(line).length));
  return [
    `${paint('bold', name)}: ${about}`,
    ...recipes.map(({ line, does }) => {
      return `  ${paint('cyan', typed(line).padEnd(width))}  ${paint('dim', does)}`;
    }),
  ];
}
