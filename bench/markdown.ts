// The report as Markdown: nothing in it that isn't in the JSON.

import { type Column, markdownTable } from '../dist/format/table.js';
import type { Comparison, ContestResult, Metric, Row } from './contest.js';
import { type BenchmarkReport, type SectionName, type SectionReport, sectionNames } from './report.js';
import type { Summary } from './statistics.js';
import { type Target, targets } from './targets.js';

const titles: Record<SectionName, string> = {
  train: 'Training throughput',
  gpu: 'Training on a GPU',
  accuracy: 'Time to accuracy',
  infer: 'Inference',
  faces: 'Faces',
  serve: 'Serving',
  micro: 'Operators',
  scaling: 'Scaling',
};

const introduction = [
  'Written by `npm run bench`; for the method, see `bench/README.md` in the repository. The contestants of a table ran on one machine in',
  'turn, round by round. Figures are medians over the rounds, with the lowest and the highest in brackets; ratios are medians of each',
  "round's ratio. Machines differ, and a shared one differs from hour to hour, so compare ratios within a table.",
].join('\n');

/** Four significant digits at most, thousands separated: 1,234 or 12.3 or 0.0123. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function formatSummary({ median, min, max }: Summary): string {
  const [low, middle, high] = [min, median, max].map(formatNumber);
  return min === max ? middle! : `${middle} (${low} to ${high})`;
}

function formatRatio(value: number, { format }: Comparison): string {
  return format === 'percent' ? `${Math.round(100 * value)}%` : `${formatNumber(value)}x`;
}

export function toMarkdown(report: BenchmarkReport): string {
  const sections = sectionNames.flatMap((name) => {
    const section = report.sections[name];
    return section === undefined ? [] : [sectionMarkdown(name, section)];
  });
  return `${['# Benchmarks', introduction, targetsMarkdown(report), ...sections].filter(Boolean).join('\n\n')}\n`;
}

/** Why nothing of a section was measured, where there is one reason for all of it. */
function onlyReason({ contests }: SectionReport): string | null {
  const reasons = new Set(contests.flatMap(({ rows }) => rows.map(({ failure }) => failure)));
  return reasons.size === 1 ? [...reasons][0]! : null;
}

function sectionMarkdown(name: SectionName, section: SectionReport): string {
  const title = `## ${titles[name]}`;
  const reason = onlyReason(section);
  if (reason !== null)
    return `${title}\n\nNot measured: ${reason}. \`npm run bench -- --only ${name}\` measures it on a machine that can.`;
  const { machine, gpu, instructions } = section;
  const gigabytes = (machine.memoryBytes / 1e9).toFixed(0);
  const place = [
    `${section.date.slice(0, 10)}, ferlab ${section.version}, ${machine.engine}, Node ${machine.node.replace(/^v/, '')}.`,
    `${machine.cpu}${instructions === undefined ? '' : ` (${instructions})`}, ${machine.cores} cores, ${gigabytes} GB, ${machine.platform}; load before the run ${section.load.toFixed(1)}.`,
    ...(gpu === undefined ? [] : [`GPU: ${gpu}.`]),
    `${section.rounds} ${section.rounds === 1 ? 'round' : 'rounds'}, ${formatNumber(section.seconds / 60)} minutes.`,
  ].join(' ');
  const quick = section.quick ? ['**A quick run to see that it works: its figures mean nothing.**'] : [];
  return [title, place, ...quick, ...section.contests.map(contestMarkdown)].join('\n\n');
}

function contestMarkdown(contest: ContestResult): string {
  const measured = contest.rows.filter((row) => Object.keys(row.summary).length > 0);
  const failed = contest.rows.filter(({ failure }) => failure !== null);
  const parts = [`### ${contest.title}`, ...contest.notes];
  if (contest.figure !== undefined) parts.push(`![${contest.figure.title}](${contest.figure.name}.svg)`);
  if (measured.length > 0) parts.push(table(contest, measured));
  // Not right after the other list, where Markdown would make one of the two.
  const versions = measured.filter((row) => Object.keys(row.versions).length > 0);
  if (versions.length > 0) parts.push(versions.map(versionLine).join('\n'));
  if (failed.length > 0)
    parts.push(['Not measured:', ...failed.map(({ name, failure }) => `- ${name}: ${failure}`)].join('\n'));
  return parts.join('\n\n');
}

function versionLine({ name, versions }: Row): string {
  const list = Object.entries(versions).map(([part, version]) => `${part} ${version}`);
  return `- ${name}: ${list.join(', ')}`;
}

function table({ metrics, comparison }: ContestResult, rows: readonly Row[]): string {
  const used = metrics.filter(({ key }) => rows.some(({ summary }) => summary[key] !== undefined));
  const compared = (metric: Metric): boolean =>
    (comparison?.metrics.includes(metric.key) ?? false) &&
    rows.some(({ ratios }) => ratios[metric.key] !== undefined);
  const columns: Column[] = [{ header: '' }];
  for (const metric of used) {
    columns.push({ header: metric.unit ? `${metric.label}, ${metric.unit}` : metric.label, align: 'right' });
    if (compared(metric)) columns.push({ header: comparison!.label, align: 'right' });
  }
  const cells = rows.map((row) => [
    row.name,
    ...used.flatMap((metric) => {
      const summary = row.summary[metric.key];
      const ratio = row.ratios[metric.key];
      const figure = summary === undefined ? '-' : formatSummary(summary);
      if (!compared(metric)) return [figure];
      return [figure, ratio === undefined ? '' : formatRatio(ratio, comparison!)];
    }),
  ]);
  return markdownTable(columns, cells);
}

/** How the targets were met; only those whose contest was measured in earnest. */
function targetsMarkdown({ sections }: BenchmarkReport): string {
  const rows = targets.flatMap((target: Target) => {
    const section = sections[target.section];
    const contest = section?.contests.find(({ id }) => id === target.contest);
    if (section === undefined || section.quick || contest === undefined) return [];
    const ratio = contest.rows.find(({ name }) => name === target.row)?.ratios[target.metric];
    const { atLeast, shownAtMost } = target;
    const shown = ratio === undefined || shownAtMost === undefined ? ratio : 1 / ratio;
    const found = shown === undefined ? 'not measured' : `${formatNumber(shown)}x`;
    const bound = shownAtMost === undefined ? `at least ${atLeast}x` : `at most ${shownAtMost}x`;
    const met = ratio === undefined ? '-' : ratio >= atLeast ? 'yes' : 'no';
    return [[target.text, bound, found, met]];
  });
  if (rows.length === 0) return '';
  const columns: Column[] = [
    { header: 'target' },
    { header: 'bound', align: 'right' },
    { header: 'measured', align: 'right' },
    { header: 'met' },
  ];
  return `## Targets\n\n${markdownTable(columns, rows)}`;
}
