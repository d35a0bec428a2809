// The command line of `npm run bench`.

import path from 'node:path';
import { parseArgs } from 'node:util';
import { FerlabError } from '../dist/errors.js';
import { cache, root } from './checkout.js';
import { type SectionName, sectionNames } from './report.js';

export interface BenchOptions {
  readonly sections: readonly SectionName[];
  /** Rounds of every contest; null for the section's own number. */
  readonly rounds: number | null;
  /** Everything tiny, to see that it runs. */
  readonly quick: boolean;
  /** Folder of benchmarks.md and benchmarks.json. */
  readonly out: string;
  /** The user's dataset with training and validation images; null for generated images. */
  readonly data: string | null;
  /** Parts of contestants' names, in lower case; null for all of them. */
  readonly contestants: readonly string[] | null;
}

/** Has to be asked for: it needs a GPU. */
const onlyWhenAsked: readonly SectionName[] = ['gpu'];

export const usage = `npm run bench -- [options]

  --only <sections>      of ${sectionNames.join(', ')}, commas between; all but
                         ${onlyWhenAsked.join(', ')} (it needs a GPU)
  --rounds <n>           rounds of every table (5)
  --contestants <names>  parts of contestants' names, commas between: ferlab,keras (all)
  --data <folder>        dataset with train/ and validation/, of train, gpu and infer (generated images)
  --out <folder>         where benchmarks.md and benchmarks.json go (docs; .bench/quick with --quick)
  --quick                everything tiny, to see that it runs; installs nothing; its figures mean nothing
  --help                 this text

The peers' environments are made in .bench when first needed: see bench/README.md.`;

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function parseSections(text: string | undefined): readonly SectionName[] {
  if (text === undefined) return sectionNames.filter((name) => !onlyWhenAsked.includes(name));
  const names = list(text);
  const unknown = names.filter((name) => !(sectionNames as readonly string[]).includes(name));
  if (names.length === 0 || unknown.length > 0) {
    throw new FerlabError('usage', `--only: expected some of ${sectionNames.join(', ')}; found "${text}".`);
  }
  return sectionNames.filter((name) => names.includes(name));
}

function parseRounds(text: string | undefined): number | null {
  if (text === undefined) return null;
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  throw new FerlabError('usage', `--rounds: expected a positive integer; found "${text}".`);
}

/**
 * @param folder relative paths are meant from here.
 * @returns null where help was asked for.
 * @throws FerlabError `usage`.
 */
export function parseOptions(argv: readonly string[], folder: string): BenchOptions | null {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        rounds: { type: 'string' },
        contestants: { type: 'string' },
        data: { type: 'string' },
        out: { type: 'string' },
        quick: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new FerlabError('usage', `${(error as Error).message}\n\n${usage}`);
  }
  if (values.help) return null;
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const quick = values.quick === true;
  const sections = parseSections(text('only'));
  const data = text('data');
  const contestants = text('contestants');
  return {
    sections,
    rounds: parseRounds(text('rounds')),
    quick,
    out: path.resolve(folder, text('out') ?? (quick ? path.join(cache, 'quick') : path.join(root, 'docs'))),
    data: data === undefined ? null : path.resolve(folder, data),
    contestants: contestants === undefined ? null : list(contestants.toLowerCase()),
  };
}

/** Whether a contestant was asked for. */
export function isWanted({ contestants }: Pick<BenchOptions, 'contestants'>, name: string): boolean {
  return contestants?.some((part) => name.toLowerCase().includes(part)) ?? true;
}
