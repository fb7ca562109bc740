import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { readManifest } from '../cli/complete-command.ts';
import { refuseUnknown } from '../cli/did-you-mean.ts';
import { pageName } from '../cli/man/command-page.ts';
import { manual } from '../cli/man/manual.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';

export default class Man extends BaseCommand {
  static override summary = 'Print a page of the manual, or write all of them into a folder.';
  static override description =
    'Without words: raftctl(1). With those of a command: its page. Pages are roff, for man -l, groff ' +
    'or mandoc. Their date is today, or SOURCE_DATE_EPOCH.';
  static override examples = [
    '<%= config.bin %> man cluster up | man -l -',
    '<%= config.bin %> man --into ~/.local/share/man/man1',
  ];
  static override strict = false;
  static override usage = 'man [COMMAND] [--into DIR]';
  static override flags = {
    into: Flags.string({
      summary: 'Write all pages into this folder.',
      helpValue: 'DIR',
      env: 'RAFTCTL_INTO',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Man);
    const words = argv.flatMap((word) => String(word).split(/[\s:]+/));
    const pages = manual({
      manifest: readManifest(this.config.root),
      topics: new Map(this.config.topics.map(({ name, description = '' }) => [name, description])),
      version: this.config.version,
      date: dateOf(process.env['SOURCE_DATE_EPOCH']),
    });
    if (flags.into !== undefined) {
      if (words.length > 0) {
        throw new RaftctlError('USAGE', {
          message: `Cannot write all pages and print that of ${words.join(' ')}`,
        });
      }
      return this.#write(pages, resolve(flags.into));
    }
    refuseUnknown(words, this.config.commandIDs);
    const name = words.length === 0 ? 'raftctl' : pageName(words.join(':'));
    const page = pages.find((one) => one.name === name);
    if (page === undefined) {
      throw new RaftctlError('USAGE', {
        message: `Cannot print a page of ${words.join(' ')}: it is a topic, not a command`,
        hint: 'All of them are in raftctl(1): raftctl man',
      });
    }
    if (!this.jsonEnabled()) process.stdout.write(page.text);
    return this.answer('man', { directory: null, pages: [page] });
  }

  async #write(
    pages: readonly { readonly name: string; readonly text: string }[],
    directory: string,
  ): Promise<unknown> {
    try {
      await mkdir(directory, { recursive: true });
      for (const { name, text } of pages) await writeFile(join(directory, `${name}.1`), text);
    } catch (cause) {
      throw new RaftctlError('USAGE', {
        message: `Cannot write pages into ${directory}: ${systemCode(cause)}`,
        cause,
      });
    }
    this.print(`Wrote ${pages.length} pages into ${directory}`);
    const written = pages.map(({ name }) => ({ name, text: null }));
    return this.answer('man', { directory, pages: written });
  }
}

/** @param epoch seconds, for builds that are to be the same again. */
function dateOf(epoch: string | undefined): string {
  const seconds = Number(epoch);
  const isGiven = epoch !== undefined && epoch !== '' && Number.isFinite(seconds);
  return new Date(isGiven ? seconds * 1000 : Date.now()).toISOString().slice(0, 10);
}
