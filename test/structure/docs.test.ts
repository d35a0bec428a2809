// What the documentation names exists: commands, options, scripts, files, exit codes.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { longFlag } from '../../src/cli/command.js';
import { commands } from '../../src/cli/main.js';
import { exitCodes } from '../../src/errors.js';
import { projectFiles, readText, root } from './sources.js';

const documents = projectFiles(['README.md', 'CONTRIBUTING.md', 'docs'], (file) => file.endsWith('.md'));
const reference = 'docs/command-line.md';
const alwaysKnown = ['--help', '--version'];

/** Code blocks and code spans, line by line, with a backslash at the end of a line joining it to the next. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const rest = text.replaceAll(/^```[^\n]*\n[\s\S]*?^```/gm, '');
  const spans = [...rest.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n')), ...spans];
}

const lines = documents.flatMap((file) => codeOf(readText(file)).map((line) => ({ file, line })));

/** Uses of the command: its words after `ferlab`, up to a comment or the end of the shell command. */
const uses = lines.flatMap(({ file, line }) =>
  [...line.matchAll(/(?:^|[\s$"])ferlab ((?:[^#|;&"]|#\S)*)/g)].map(([, words = '']) => ({
    file,
    words: words.trim().split(/\s+/),
  })),
);

describe('the documentation', () => {
  it('names commands and options that exist', () => {
    const wrong = uses.flatMap(({ file, words: [name = '', ...rest] }) => {
      if (name.startsWith('-') || name === 'help')
        return alwaysKnown.includes(name) || name === 'help' ? [] : [`${file}: ferlab ${name}`];
      const command = commands.find((spec) => spec.name === name);
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
    const links = documents.flatMap((file) =>
      [...readText(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({
        file,
        link: link.replace(/#.*$/, ''),
      })),
    );
    const broken = links.filter(
      ({ file, link }) =>
        link && !/^[a-z]+:/.test(link) && !existsSync(path.join(root, path.dirname(file), link)),
    );
    expect(broken).toEqual([]);
  });

  it('describes every command, every option and every exit code', () => {
    const text = readText(reference);
    const missing = commands.flatMap(({ name, options }) => {
      const heading = `## ferlab ${name}`;
      const [, section = ''] = text.split(`${heading}\n`);
      const own = section.split(/^## /m)[0] ?? '';
      return own
        ? options
            .map(({ flags }) => longFlag(flags))
            .filter((flag) => !own.includes(`\`${flag}`))
            .map((flag) => `${name} ${flag}`)
        : [heading];
    });
    expect(missing).toEqual([]);
    for (const [kind, code] of Object.entries(exitCodes)) {
      expect(text, `exit code of ${kind}`).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
    }
  });
});
