// The documentation stays true: files that it names exist, links work in the packed package too, the folders of
// docs/architecture.md are those of src/, and the README's program type-checks.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { directions } from './directions.js';
import { documents, historical, linksOf, readText, root, sources } from './sources.js';

describe('files that the documentation names', () => {
  it('exist', () => {
    const named = documents
      .filter((file) => file !== historical)
      .flatMap((file) =>
        [
          ...readText(file).matchAll(
            /`((?:src|test|bench|scripts|docs|bin|models|examples)\/[\w./-]*\w\/?)`/g,
          ),
        ].map(([, name = '']) => ({ file, name })),
      );
    expect(named.length).toBeGreaterThan(30);
    const ignored = readText('.gitignore').split('\n');
    const written = (name: string) => ignored.includes(`/${name.replace(/\/$/, '')}/`); // `npm run docs` writes docs/api
    expect(named.filter(({ name }) => !written(name) && !existsSync(path.join(root, name)))).toEqual([]);
  });
});

describe('the packed package', () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }];
  const packed = new Set(files.map((file) => file.path));
  const pages = [...packed].filter((file) => file.endsWith('.md'));

  it('has the pages for users', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'docs/guide.md', 'docs/command-line.md', 'models/README.md']),
    );
  });

  it('has everything that its pages link to', () => {
    const links = pages.flatMap((file) => linksOf(file));
    expect(links.length).toBeGreaterThan(20);
    // To mend this, link to a page that is in the package, or name a file of the repository as `path/to/it`.
    const missing = links.filter(({ target }) => !packed.has(target));
    expect(missing).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  /** Folders and files in the page's drawing of src/, by their indentation, each with what its arrow names. */
  function drawn(): Map<string, string[] | null> {
    const block = /^src\/\n([\s\S]*?)^(?=\S)/m.exec(readText('docs/architecture.md'))?.[1] ?? '';
    const parts = new Map<string, string[] | null>();
    const parents: string[] = [];
    for (const line of block.split('\n')) {
      const [, indent = '', name = ''] = /^((?: {2}){1,2})([\w.-]+\/?) /.exec(line) ?? [];
      if (name !== '') {
        parents.splice(indent.length / 2 - 1, parents.length, name.replace(/\/$/, '').replace(/\.ts$/, ''));
        parts.set(parents.join('/'), null);
      }
      const [, arrow = ''] = /<- (.*)$/.exec(line) ?? [];
      if (arrow !== '') parts.set(parents.join('/'), arrow === 'nothing' ? [] : arrow.split(', '));
    }
    return parts;
  }

  it('draws the arrows of directions.ts, and no other folder', () => {
    // Folders that only hold others have no arrow.
    const arrows = [...drawn()].filter(([, arrow]) => arrow !== null);
    expect(Object.fromEntries(arrows)).toEqual(directions);
  });

  it('draws folders and files that are there', () => {
    const names = [...drawn().keys()];
    const missing = names.filter(
      (name) => !existsSync(path.join(root, 'src', name)) && !existsSync(path.join(root, `src/${name}.ts`)),
    );
    expect(missing).toEqual([]);
  });

  it('draws every folder, by itself or in the one that holds it', () => {
    const names = drawn();
    const covered = (part: string): boolean =>
      names.has(part) || (part.includes('/') && covered(path.posix.dirname(part)));
    const found = sources.map((file) => file.replace(/^src\//, '').replace(/\.ts$/, ''));
    expect(found.filter((part) => !covered(part))).toEqual([]);
  });
});

describe('the tables of dependencies', () => {
  const section = readText('docs/architecture.md').split('## Dependencies\n')[1]?.split(/^## /m)[0] ?? '';
  const named = [...section.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );

  it('name the packages of package.json', () => {
    const manifest = JSON.parse(readText('package.json')) as Record<string, Record<string, string>>;
    const groups = ['dependencies', 'peerDependencies', 'devDependencies'].map(
      (group) => manifest[group] ?? {},
    );
    const declared = new Set(groups.flatMap(Object.keys));
    expect([...named].sort()).toEqual([...declared].sort());
  });
});

describe('programs in the documentation', () => {
  const programs = documents.flatMap((file) =>
    [...readText(file).matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, text = ''], i) => ({ file, i, text })),
  );

  it('are there', () => {
    expect(programs.some(({ file }) => file === 'README.md')).toBe(true);
  });

  it('type-check against the built package', () => {
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      types: ['node'],
    };
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists, getSourceFile } = host;
    // Beside package.json, so that 'ferlab' is this package by its own exports.
    const texts = new Map(
      programs.map(({ file, i, text }) => [path.join(root, `${path.basename(file)}-${i}.ts`), text]),
    );
    host.fileExists = (name) => texts.has(name) || fileExists(name);
    host.readFile = (name) => texts.get(name) ?? readFile(name);
    host.getSourceFile = (name, language, ...rest) => {
      const text = texts.get(name);
      return text === undefined
        ? getSourceFile(name, language, ...rest)
        : ts.createSourceFile(name, text, language);
    };
    const program = ts.createProgram([...texts.keys()], options, host);
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const where = file === undefined ? '' : path.relative(root, file.fileName);
      return `${where}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(problems).toEqual([]);
  }, 60_000);
});
