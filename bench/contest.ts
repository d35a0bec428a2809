// A contest: contestants who do the same work, measured side by side. The rounds go through all of them in turn, so
// that a machine which slows down for a while slows all of them; the order moves on by one each round. What a
// contestant does is its own affair (see sections/); nothing here knows files or Markdown.

import type { Figure } from './figure.js';
import { type Summary, summarize } from './statistics.js';

/** What a contestant is made of, by name: `{ torch: '2.15.0' }`. */
export type Versions = Readonly<Record<string, string>>;

/** One round's figures by the metric's key. A figure that a contestant can't give is left out. */
export type Sample = Readonly<Record<string, number>>;

export interface Metric {
  readonly key: string;
  /** Heading of its column. */
  readonly label: string;
  /** Empty for counts. */
  readonly unit: string;
  readonly better: 'higher' | 'lower';
}

/** Someone who takes part. Adding one is writing one of these. */
export interface Contestant {
  readonly name: string;
  /** Gets ready, installing what is missing. Throws Unavailable where that can't be. */
  versions(): Promise<Versions>;
  /** Measures once. */
  round(): Promise<Sample>;
}

/** Why a contestant doesn't take part; its row says so and the rest runs. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** How rows are compared: each metric's ratio to the same metric of one row, or to one metric of it. */
export interface Comparison {
  /** Name of the row that the others are compared with. */
  readonly against: string;
  /** Heading of the ratio's column. */
  readonly label: string;
  /** Whether a ratio says how many times better `against` is than the row, or the row than `against`. */
  readonly sense: 'againstIsBetter' | 'rowIsBetter';
  readonly format: 'times' | 'percent';
  /** Metrics that are compared. */
  readonly metrics: readonly string[];
  /** The metric of `against` that all are compared with; each with itself unless given. */
  readonly againstMetric?: string;
}

export interface Contest {
  readonly id: string;
  readonly title: string;
  /** Paragraphs below the title: what is measured, and what a reader has to know. */
  readonly notes: readonly string[];
  readonly metrics: readonly Metric[];
  readonly comparison: Comparison | null;
  readonly contestants: readonly Contestant[];
  /** Drawn from what was measured; null where that isn't enough. */
  readonly figure?: (rows: readonly Row[]) => Promise<Figure | null>;
}

export interface Row {
  readonly name: string;
  readonly versions: Versions;
  /** One per round. */
  readonly samples: readonly Sample[];
  /** Why it took no part, or stopped taking part; null where all went well. */
  readonly failure: string | null;
  readonly summary: Readonly<Record<string, Summary>>;
  /** By metric; see Comparison. Only where both sides were measured. */
  readonly ratios: Readonly<Record<string, number>>;
}

export interface ContestResult extends Omit<Contest, 'contestants' | 'figure'> {
  readonly rows: readonly Row[];
  readonly figure?: Figure;
}

interface Runner {
  readonly contestant: Contestant;
  versions: Versions;
  samples: Sample[];
  failure: string | null;
}

/**
 * Runs a contest.
 *
 * @param rounds a positive integer.
 * @param log called with one line for each measurement.
 */
export async function runContest(
  contest: Contest,
  rounds: number,
  log: (message: string) => void,
): Promise<ContestResult> {
  const { contestants, figure: draw, ...description } = contest;
  const runners: Runner[] = contestants.map((contestant) => ({
    contestant,
    versions: {},
    samples: [],
    failure: null,
  }));
  for (const runner of runners) {
    await attempt(contest, runner, log, async () => {
      runner.versions = await runner.contestant.versions();
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < runners.length; turn++) {
      const runner = runners[(turn + round) % runners.length]!;
      if (runner.failure !== null) continue;
      await attempt(contest, runner, log, async () => {
        runner.samples.push(await runner.contestant.round());
        log(
          `${contest.id}, round ${round + 1}/${rounds}: ${runner.contestant.name} ${describe(contest, runner.samples.at(-1)!)}`,
        );
      });
    }
  }
  const rows = compare(contest, runners);
  const figure = (await draw?.(rows)) ?? null;
  return { ...description, rows, ...(figure === null ? {} : { figure }) };
}

async function attempt(
  contest: Contest,
  runner: Runner,
  log: (message: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    runner.failure = error instanceof Error ? error.message : String(error);
    log(`${contest.id}: ${runner.contestant.name} takes no part: ${runner.failure}`);
  }
}

function describe({ metrics }: Contest, sample: Sample): string {
  return metrics
    .filter(({ key }) => sample[key] !== undefined)
    .map(({ key, label, unit }) => `${label} ${Number(sample[key]!.toPrecision(4))} ${unit}`)
    .join(', ');
}

function compare({ metrics, comparison }: Contest, runners: readonly Runner[]): Row[] {
  const against = runners.find(({ contestant }) => contestant.name === comparison?.against)?.samples ?? [];
  return runners.map(({ contestant, versions, samples, failure }) => {
    const summary: Record<string, Summary> = {};
    const ratios: Record<string, number> = {};
    for (const { key, better } of metrics) {
      const values = valuesOf(samples, key);
      if (values.length === 0) continue;
      summary[key] = summarize(values);
      if (!comparison?.metrics.includes(key) || contestant.name === comparison.against) continue;
      const paired = samples.flatMap((sample, round) => {
        const [own, other] = [sample[key], against[round]?.[comparison.againstMetric ?? key]];
        if (own === undefined || other === undefined) return [];
        const ownOnTop = (comparison.sense === 'rowIsBetter') === (better === 'higher');
        return [ownOnTop ? own / other : other / own];
      });
      if (paired.length > 0) ratios[key] = summarize(paired).median;
    }
    return { name: contestant.name, versions, samples, failure, summary, ratios };
  });
}

function valuesOf(samples: readonly Sample[], key: string): number[] {
  return samples.map((sample) => sample[key]).filter((value) => value !== undefined);
}
