// What the documentation names exists: commands, options, scripts, files, exit codes.

import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { longFlag, type OptionSpec } from '../../src/cli/command.js';
import { commands } from '../../src/cli/main.js';
import { exitCodes } from '../../src/errors.js';
import { documents, historical, linksOf, readText, root } from './sources.js';

const specs = await Promise.all(
  commands.map(async ({ name, load }) => ({ name, options: (await load()).options })),
);

const reference = 'docs/command-line.md';
const alwaysKnown = ['--help', '--version'];

/** Code blocks and code spans, line by line, with a backslash at the end of a line joining it to the next. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const rest = text.replaceAll(/^```[^\n]*\n[\s\S]*?^```/gm, '');
  const spans = [...rest.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n')), ...spans];
}

const lines = documents
  .filter((file) => file !== historical)
  .flatMap((file) => codeOf(readText(file)).map((line) => ({ file, line })));

/** Uses of the command: its words after `ferlab`, up to a comment or the end of the shell command. */
const uses = lines.flatMap(({ file, line }) =>
  [...line.matchAll(/(?:^|[\s$"])ferlab ((?:[^#|;&"]|#\S)*)/g)].map(([, words = '']) => ({
    file,
    words: words.trim().split(/\s+/),
  })),
);

/** Options as the reference lists them. */
function optionTable(options: readonly OptionSpec[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = options.map(
    ({ flags, description, defaultText = '' }) =>
      `| \`${cell(flags)}\` | ${cell(description)} | ${cell(defaultText)} |`,
  );
  return ['| option | meaning | default |', '|---|---|---|', ...rows].join('\n');
}

describe('the documentation', () => {
  it('names commands and options that exist', () => {
    const wrong = uses.flatMap(({ file, words: [name = '', ...rest] }) => {
      if (name.startsWith('-') || name === 'help')
        return alwaysKnown.includes(name) || name === 'help' ? [] : [`${file}: ferlab ${name}`];
      const command = specs.find((spec) => spec.name === name);
      // Prose in a code span: "`ferlab` is", "ferlab@1.0", "ferlab train's".
      if (!command) return /^[a-z]+$/.test(name) ? [`${file}: ferlab ${name}`] : [];
      const known = [...alwaysKnown, ...command.options.map(({ flags }) => longFlag(flags))];
      return rest
        .filter((word) => word.startsWith('--'))
        .map((word) => word.replace(/[=\],.].*$/, ''))
        .filter((flag) => !known.includes(flag))
        .map((flag) => `${file}: ferlab ${name} ${flag}`);
    });
    expect(wrong).toEqual([]);
  });

  it('names scripts of package.json', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const named = lines.flatMap(({ file, line }) =>
      [...line.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g)].map(([, script = '']) => ({ file, script })),
    );
    expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
  });

  it('links to files that exist', () => {
    const broken = documents.flatMap(linksOf).filter(({ target }) => !existsSync(path.join(root, target)));
    expect(broken).toEqual([]);
  });

  const text = readText(reference);

  it.each(specs)('describes ferlab $name as its help does', ({ name, options }) => {
    const section = text.split(`## ferlab ${name}\n`)[1]?.split(/^## /m)[0] ?? '';
    const groups = [...new Set(options.map((option) => option.group))];
    const expected = groups.map((group) => optionTable(options.filter((option) => option.group === group)));
    const found = section.match(/^\| option \|.*(?:\n\|.*)*/gm) ?? [];
    if (process.env.UPDATE_DOCS && found.length === expected.length) {
      const mended = found.reduce((result, table, i) => result.replace(table, () => expected[i]!), section);
      writeFileSync(
        path.join(root, reference),
        readText(reference).replace(section, () => mended),
      );
      return;
    }
    // To mend the tables: UPDATE_DOCS=1 npx vitest run --project structure
    expect(found).toEqual(expected);
  });

  it.each(Object.entries(exitCodes))('lists the exit code of %s', (_, code) => {
    expect(text).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });
});
