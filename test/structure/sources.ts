// Lists the project's files and what they import, for the tests of its structure.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The checkout. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Written by a program, so that rules of style don't apply. */
export const generated: { has(file: string): boolean } = { has: (file) => file.endsWith('_pb.ts') };

export function readText(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Files below the given folders and at the given paths that `accept` takes, relative to the checkout, with slashes. */
export function projectFiles(places: readonly string[], accept: (file: string) => boolean): string[] {
  return places
    .flatMap((place) => {
      const whole = path.join(root, place);
      try {
        return readdirSync(whole, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') return [];
        if (code === 'ENOTDIR') return [place];
        throw error;
      }
    })
    .filter(accept)
    .sort();
}

const isTest = (file: string) => file.endsWith('.test.ts');

/** The program's own sources: no tests, nothing generated. */
export const sources = projectFiles(
  ['src'],
  (file) => file.endsWith('.ts') && !isTest(file) && !generated.has(file),
);

export interface Import {
  /** The file that imports. */
  from: string;
  /** A file of the project (`src/errors.ts`), or a package's specifier (`sharp`, `node:fs`). */
  to: string;
  /** Gone after compiling. */
  typeOnly: boolean;
  /** `import()` at run time. */
  dynamic: boolean;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  if (clause.name || !named || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

/** Everything that `file` imports or exports again. */
export function importsOf(file: string): Import[] {
  const tree = ts.createSourceFile(file, readText(file), ts.ScriptTarget.ES2023, true);
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, dynamic: boolean) => {
    const relative = specifier.startsWith('.');
    const to = relative
      ? path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts')
      : specifier;
    found.push({ from: file, to, typeOnly, dynamic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const target = node.moduleSpecifier;
      if (target && ts.isStringLiteral(target)) add(target.text, isTypeOnly(node), false);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [target] = node.arguments;
      if (target && ts.isStringLiteral(target)) add(target.text, false, true);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) add(node.argument.literal.text, true, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** A package's name: `echarts/core` is of `echarts`, `@a/b/c` of `@a/b`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The documentation that people wrote; the generated reference of the library (docs/api) isn't part of it. */
export const documents = projectFiles(
  ['README.md', 'docs', 'models', 'bench', 'test/golden', 'examples'],
  (file) => file.endsWith('.md') && !file.startsWith('docs/api/') && !file.includes('node_modules/'),
);

/** Holds commands of their time, with options that are gone since. */
export const historical = 'docs/results/history.md';

/** Links and pictures of a document that lead to files of the project; `target` is relative to the checkout. */
export function linksOf(file: string): { file: string; target: string }[] {
  const text = readText(file);
  const markdown = [...text.matchAll(/\]\(([^)\s]+)\)/g)];
  const html = [...text.matchAll(/<(?:img|source|a)\b[^>]*?\b(?:src|srcset|href)="([^"\s]+)"/g)];
  return [...markdown, ...html]
    .map(([, link = '']) => link.replace(/#.*$/, ''))
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
    .map((link) => ({ file, target: path.posix.join(path.posix.dirname(file), link) }));
}
