/** The page of one command, from what the command says of itself. Pure. */
import { SETTINGS } from '../../config/settings.ts';
import type { ManifestCommand, ManifestFlag } from '../complete.ts';
import { bold, escaped, example, heading, italic, tagged, textLine } from './roff.ts';

export interface ManPage {
  /** Without section: `raftctl-cluster-up`. */
  readonly name: string;
  readonly text: string;
}

export interface ManInit {
  readonly version: string;
  /** Of the page, as `2026-01-31`. */
  readonly date: string;
}

export function pageName(id: string): string {
  return `raftctl-${id.replaceAll(':', '-')}`;
}

export function titleLine(name: string, { version, date }: ManInit): string {
  return `.TH "${escaped(name.toUpperCase())}" "1" "${date}" "raftctl ${escaped(version)}" "raftctl manual"`;
}

/** @param others pages to go on with. */
export function commandPage(
  command: ManifestCommand,
  others: readonly string[],
  init: ManInit,
): ManPage {
  const name = pageName(command.id);
  const flags = Object.values(command.flags ?? {}).filter(({ hidden }) => hidden !== true);
  const isGlobal = (flag: ManifestFlag): boolean => flag.helpGroup === 'GLOBAL';
  const lines = [
    titleLine(name, init),
    heading('NAME'),
    `${escaped(name)} \\- ${textLine(sentenceStart(command.summary ?? ''))}`,
    heading('SYNOPSIS'),
    synopsis(command),
    ...section('DESCRIPTION', descriptionLines(command)),
    ...section('ARGUMENTS', argumentLines(command)),
    ...section('OPTIONS', flags.filter((flag) => !isGlobal(flag)).flatMap(flagLines)),
    ...section('GLOBAL OPTIONS', flags.filter(isGlobal).flatMap(flagLines)),
    ...section('EXAMPLES', exampleLines(command)),
    heading('EXIT STATUS'),
    'The codes are those of all commands: see',
    `${bold('raftctl')}(1).`,
    heading('SEE ALSO'),
    ...seeAlso(['raftctl', ...others.map(pageName)]),
  ];
  return { name, text: `${lines.join('\n')}\n` };
}

/** As pages have it: small, and without the final period. */
export function sentenceStart(summary: string): string {
  const bare = summary.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(bare) ? bare.charAt(0).toLowerCase() + bare.slice(1) : bare;
}

export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [heading(title), ...lines];
}

export function seeAlso(names: readonly string[]): string[] {
  return names.map((name, i) => `${bold(name)}(1)${i + 1 < names.length ? ',' : ''}`);
}

function synopsis({ id, usage, args, flags }: ManifestCommand): string {
  const words = id.replaceAll(':', ' ');
  const rest = [usage ?? []].flat()[0]?.replace(words, '').trim();
  const places = Object.values(args ?? {}).map(({ name, required }) => {
    const place = italic(name.toUpperCase());
    return required === true ? place : `[${place}]`;
  });
  const options = Object.keys(flags ?? {}).length > 0 ? [`[${italic('OPTION')}]...`] : [];
  const behind = rest === undefined ? places : [escaped(rest)];
  return [bold(`raftctl ${words}`), ...behind, ...options].join(' ');
}

function descriptionLines({ summary, description, aliases = [] }: ManifestCommand): string[] {
  const text = [summary, description].filter((part) => part !== undefined && part !== '');
  const also = aliases.map((alias) => `raftctl ${alias.replaceAll(':', ' ')}`);
  return [
    ...sentences(text.join(' ')),
    ...(also.length === 0 ? [] : ['.PP', textLine(`Also: ${also.join(', ')}.`)]),
  ];
}

/** Each on a line of its own, as roff wants them. */
export function sentences(text: string): string[] {
  return text.split(/(?<=[.:]) (?=[A-Z])/).map(textLine);
}

function argumentLines({ args }: ManifestCommand): string[] {
  return Object.values(args ?? {}).flatMap(
    ({ name, description = '', options, default: given }) => {
      const more = [
        ...(options === undefined ? [] : [`One of ${options.join(', ')}.`]),
        ...(typeof given === 'string' ? [`By default ${given}.`] : []),
      ];
      return tagged(italic(name.toUpperCase()), [...sentences(description), ...more.map(textLine)]);
    },
  );
}

function flagLines(flag: ManifestFlag): string[] {
  const { name, char, summary = '', description, type, allowNo, options, env } = flag;
  const long = bold(allowNo === true ? `--[no-]${name}` : `--${name}`);
  const short = char === undefined ? '' : `${bold(`-${char}`)}, `;
  const value =
    type === 'option' ? ` ${italic(options?.join('|') ?? flag.helpValue ?? 'VALUE')}` : '';
  const said = /^(.*?) *\[default: (.*)\]$/.exec(summary);
  const given = said?.[2] ?? defaultOf(flag);
  const facts = [
    ...(flag.required === true ? ['Required.'] : []),
    ...(flag.multiple === true ? ['May be repeated.'] : []),
    ...(given === null ? [] : [`By default ${given}.`]),
    ...(env === undefined ? [] : [`Environment: ${env}.`]),
  ];
  const about = sentences(said?.[1] ?? (summary === '' ? (description ?? '') : summary));
  return tagged(`${short}${long}${value}`, [...about, ...facts.map(textLine)]);
}

/** What depends on the machine stands among the settings. */
function defaultOf({ env, default: given, noCacheDefault }: ManifestFlag): string | null {
  if (typeof given === 'string' || typeof given === 'number') return String(given);
  if (noCacheDefault !== true) return null;
  return SETTINGS.find((setting) => setting.env === env)?.fallback ?? null;
}

function exampleLines({ examples = [] }: ManifestCommand): string[] {
  return example(examples.map((line) => line.replaceAll('<%= config.bin %>', 'raftctl')));
}
