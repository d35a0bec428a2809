// Contact sheets of what an audit found, for people to look at.

import type { AuditImages } from '../copies/images.js';
import type { NearMatch } from '../copies/near.js';
import { contactSheet } from '../report/sheet.js';
import type { SheetItem } from '../report/types.js';
import type { Findings } from './find.js';
import type { JudgedLabels } from './judge-labels.js';
import { sortSuspects } from './suspects.js';
import type { SheetLink } from './text.js';

/** A picture with the file that it becomes. */
export interface Sheet extends SheetLink {
  png: Buffer;
}

const mostItems = 60;
const columns = { single: 10, pairs: 6 };
const scales = { single: 3, pairs: 2 };
/** White columns between the pictures of a pair. */
const pairGap = 4;

/** Words such as "2 happy, 1 sad". */
function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, number]) => `${number} ${word}`).join(', ');
}

class SheetMaker {
  constructor(private readonly images: AuditImages) {}

  private async item(image: number, caption: string, bad = false): Promise<SheetItem> {
    const { side } = this.images;
    const { file } = this.images.reference(image);
    const pixels = await this.images.bytes(image);
    return { pixels, width: side, height: side, caption, captionTone: bad ? 'bad' : 'plain', detail: file };
  }

  singles<T extends { image: number }>(found: readonly T[], caption: (entry: T) => string) {
    return Promise.all(found.slice(0, mostItems).map((entry) => this.item(entry.image, caption(entry))));
  }

  label(image: number): string {
    return this.images.classes[this.images.labels[image]!]!;
  }

  splitName(image: number): string {
    return this.images.splits[this.images.splitOf[image]!]!.name;
  }

  /** One tile per set of copies: they look the same. */
  copies(groups: readonly number[][], words: (image: number) => string, bad: boolean) {
    return Promise.all(
      groups.slice(0, mostItems).map((group) => this.item(group[0]!, tally(group.map(words)), bad)),
    );
  }

  /** Both pictures side by side, as their files have them. */
  async pair({ first, second, similarity, mirrored }: NearMatch): Promise<SheetItem> {
    const { side } = this.images;
    const width = 2 * side + pairGap;
    const pixels = new Uint8Array(width * side).fill(255);
    const [left, right] = [await this.images.bytes(first), await this.images.bytes(second)];
    for (let y = 0; y < side; y++) {
      pixels.set(left.subarray(y * side, (y + 1) * side), y * width);
      pixels.set(right.subarray(y * side, (y + 1) * side), y * width + side + pairGap);
    }
    const labels = [...new Set([this.label(first), this.label(second)])];
    const caption = `${labels.join(' | ')} ${similarity.toFixed(3)}${mirrored ? ' mirrored' : ''}`;
    const detail = `${this.images.reference(first).file} | ${this.images.reference(second).file}`;
    return { pixels, width, height: side, caption, captionTone: labels.length > 1 ? 'bad' : 'plain', detail };
  }

  pairs(matches: readonly NearMatch[]): Promise<SheetItem[]> {
    return Promise.all(matches.slice(0, mostItems).map((match) => this.pair(match)));
  }
}

/** One sheet for each kind of finding of which there is any; at most `mostItems` tiles each. */
export async function makeSheets(
  findings: Findings,
  labels: JudgedLabels | null,
  images: AuditImages,
): Promise<Sheet[]> {
  const maker = new SheetMaker(images);
  const sheets: Sheet[] = [];
  const add = async (
    file: string,
    title: string,
    items: SheetItem[],
    kind: keyof typeof scales = 'single',
  ) => {
    if (items.length === 0) return;
    const options = { columns: columns[kind], scale: scales[kind], title };
    sheets.push({ file, title, png: await contactSheet(items, options) });
  };
  const conflicting = (group: number[]) => group.some((i) => images.labels[i] !== images.labels[group[0]!]);
  const across = (group: number[]) => group.some((i) => images.splitOf[i] !== images.splitOf[group[0]!]);
  const blank = new Set(findings.blank.map(({ image }) => image));
  const copies = findings.copies.filter(([first]) => !blank.has(first!));
  const shared = copies.filter(across);
  const leastSimilar = [...findings.near].sort((a, b) => a.similarity - b.similarity);
  await add(
    'duplicates-across-splits.png',
    'Exact copies across splits',
    await maker.copies(shared, (i) => maker.splitName(i), false),
  );
  await add(
    'duplicates.png',
    'Exact copies within a split',
    await maker.copies(
      copies.filter((group) => !across(group)),
      (i) => maker.label(i),
      false,
    ),
  );
  await add(
    'conflicts.png',
    'Exact copies with different labels',
    await maker.copies(copies.filter(conflicting), (i) => maker.label(i), true),
  );
  await add(
    'near-duplicates.png',
    'Near copies, the least similar first',
    await maker.pairs(leastSimilar),
    'pairs',
  );
  await add(
    'near-conflicts.png',
    'Near copies with different labels, the least similar first',
    await maker.pairs(
      leastSimilar.filter(({ first, second }) => images.labels[first] !== images.labels[second]),
    ),
    'pairs',
  );
  await add('blank.png', 'Blank', await maker.singles(findings.blank, ({ image }) => maker.label(image)));
  await add(
    'unlike-the-others.png',
    'Unlike the others, the strangest first',
    await maker.singles(
      findings.unlike.images,
      ({ image, score }) => `${maker.label(image)} ${score.toFixed(2)}`,
    ),
  );
  const suspects = (labels?.suspects ?? []).flatMap((ranked) => ranked.suspects);
  await add(
    'suspect-labels.png',
    labels?.crossValidated
      ? 'Labels that models which never saw the image contradict most'
      : 'Labels that the model contradicts most',
    await maker.singles(
      sortSuspects(suspects),
      ({ image, predicted, predictedProbability }) =>
        `${maker.label(image)}: ${images.classes[predicted]!} ${predictedProbability.toFixed(2)}?`,
    ),
  );
  return sheets;
}
