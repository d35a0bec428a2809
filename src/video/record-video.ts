// Watches a film and writes what was seen: rows as they come, then a summary and plots; and an annotated film. Stopped early,
// by Ctrl-C or because ffmpeg ended, it leaves whole files of what was seen until then.

import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mark, MarkDrawer } from '../annotate/mark-faces.js';
import { checkOptions, path as pathRule } from '../check-options.js';
import { FerlabError } from '../errors.js';
import type { Recogniser } from '../faces/recognise.js';
import { ioError, writeFileAtomically } from '../files/atomic.js';
import { type ClaimedFolder, claimEmptyFolder } from '../files/claim-folder.js';
import { busyFolder } from '../files/lock.js';
import type { Film } from '../film/film.js';
import { openFilm } from '../film/open-film.js';
import { createFilm, type FilmWriter } from '../film/write-film.js';
import type { FilmFace, VideoFrame } from '../follow/people.js';
import { csvHeader, csvRow, videoRow } from '../follow/rows.js';
import { personTimelinePlot, timelineParts, timelinePlot } from '../plots/timeline.js';
import type { Hooks } from '../progress.js';
import { svgToPng } from '../report/svg-to-png.js';
import { programVersion } from '../version.js';
import type { ShownFrame } from './follow-people.js';
import { checkVideo, type VideoEvent, type VideoOptions, videoRules, watch } from './recognise-video.js';
import { Summing, summaryText, type VideoSummary } from './summary.js';

export interface RecordOptions extends VideoOptions {
  /** Folder for the rows, the summary and the plots; new or empty. */
  out?: string | undefined;
  /** File for a copy of the film with boxes and labels; a new one. */
  annotate?: string | undefined;
}

/** What was seen, and why no more was. */
export interface RecordedVideo {
  summary: VideoSummary;
  /** Null where the film was watched to its end. */
  failure: FerlabError | null;
}

/**
 * Watches a film and writes what was asked for.
 *
 * @throws FerlabError as recogniseVideo before the first frame; `io` where a file can't be written.
 */
export async function recordVideo<Class extends string>(
  path: string,
  recogniser: Recogniser<Class>,
  options: RecordOptions = {},
  hooks: Hooks<VideoEvent> = {},
): Promise<RecordedVideo> {
  checkVideo('recordVideo', path, recogniser, hooks);
  checkOptions('recordVideo', options, { ...videoRules, out: pathRule, annotate: pathRule });
  const { out, annotate, ...watching } = options;
  const film = await openFilm(path);
  const { classes } = recogniser.model;
  const rows = out === undefined ? null : await RowFolder.open(out, classes);
  let copy: AnnotatedCopy | null = null;
  try {
    copy = annotate === undefined ? null : await AnnotatedCopy.begin(annotate, film, watching);
    const summing = new Summing(film, classes);
    const shown = watch(film, recogniser, watching, hooks, copy !== null);
    const failure = await takeAll(shown, summing, rows, copy);
    const warning = (await copy?.close()) ?? null;
    const summary = summing.summary(programVersion, failure === null ? null : failure.message);
    if (warning !== null) summary.warnings.push(warning);
    await rows?.finish(summary, summing);
    return { summary, failure };
  } catch (error) {
    await copy?.abandon();
    await rows?.abandon();
    throw error;
  }
}

/** Takes in frames until the film ends or can't go on; the reason is given where there are frames to keep. */
async function takeAll(
  shown: AsyncGenerator<ShownFrame>,
  summing: Summing,
  rows: RowFolder | null,
  copy: AnnotatedCopy | null,
): Promise<FerlabError | null> {
  let some = false;
  try {
    for (;;) {
      const next = await shown.next().catch((error: unknown) => {
        if (some && error instanceof FerlabError && stopping.has(error.kind)) return error;
        throw error;
      });
      if (next instanceof FerlabError) return next;
      if (next.done) return null;
      some = true;
      const { frame } = next.value;
      if (frame) {
        summing.add(frame);
        await rows?.write(frame);
      }
      await copy?.write(next.value);
    }
  } finally {
    await shown.return(undefined);
    summing.finish();
  }
}

/** What ends a film early and leaves what was seen. */
const stopping: ReadonlySet<string> = new Set(['interrupted', 'io', 'data', 'model']);

/** People with a plot of their own: those who were seen longest. */
const mostPlots = 20;

/** The folder of what was seen. */
class RowFolder {
  private constructor(
    private readonly folder: ClaimedFolder,
    private readonly files: { csv: FileHandle; jsonl: FileHandle },
    private readonly classes: readonly string[],
  ) {}

  static async open(path: string, classes: readonly string[]): Promise<RowFolder> {
    const folder = await claimEmptyFolder(path, busyFolder(path, 'writing'));
    const files: FileHandle[] = [];
    try {
      for (const name of ['faces.csv', 'faces.jsonl']) files.push(await open(join(path, name), 'wx'));
      const rows = new RowFolder(folder, { csv: files[0]!, jsonl: files[1]! }, classes);
      await rows.append('csv', csvHeader(classes));
      return rows;
    } catch (error) {
      for (const file of files) await file.close();
      await folder.undo();
      throw error instanceof FerlabError
        ? error
        : ioError(`Could not write into ${path}`, 'opening', error, '');
    }
  }

  private async append(kind: 'csv' | 'jsonl', text: string): Promise<void> {
    try {
      await this.files[kind].appendFile(text);
    } catch (error) {
      const path = join(this.folder.path, `faces.${kind}`);
      throw ioError(`Could not write ${path}`, 'writing', error, 'Rows until here are in the file.');
    }
  }

  async write({ time, faces }: VideoFrame): Promise<void> {
    if (faces.length === 0) return;
    const rows = faces.map((face) => videoRow(time, face));
    await this.append('csv', rows.map((row) => csvRow(this.classes, row)).join(''));
    await this.append('jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }

  async finish(summary: VideoSummary, summing: Summing): Promise<void> {
    await this.closeFiles();
    const { path } = this.folder;
    await writeFileAtomically(join(path, 'summary.json'), `${JSON.stringify(summary, null, 1)}\n`);
    await writeFileAtomically(join(path, 'summary.txt'), summaryText(summary));
    await this.plot(summary, summing);
    await this.folder.release();
  }

  private async plot({ people, from, to }: VideoSummary, summing: Summing): Promise<void> {
    const scale = { classes: this.classes, from, to };
    const longest = [...people].sort((a, b) => b.seconds - a.seconds).slice(0, mostPlots);
    const shown = longest
      .sort((a, b) => a.person - b.person)
      .map(({ person }) => ({
        person,
        name: `person ${person}`,
        parts: summing.parts(person, timelineParts),
      }));
    if (shown.length === 0) return;
    const plots = [
      { file: 'timeline', svg: timelinePlot(shown, scale) },
      ...shown.map((one) => ({ file: `person-${one.person}`, svg: personTimelinePlot(one, scale) })),
    ];
    for (const { file, svg } of plots) {
      await writeFileAtomically(join(this.folder.path, `${file}.svg`), svg);
      await writeFileAtomically(join(this.folder.path, `${file}.png`), await svgToPng(svg));
    }
  }

  private async closeFiles(): Promise<void> {
    for (const file of Object.values(this.files)) await file.close();
  }

  /** After an error: rows that were written stay. */
  async abandon(): Promise<void> {
    await this.closeFiles().catch(() => {});
    await this.folder.release();
  }
}

/** What a face is called in an annotated film. Without a probability, which would flicker. */
function markOf(face: FilmFace): Mark {
  const answered = !('reason' in face);
  const label = 'reason' in face ? face.reason : (face.smoothed?.expression ?? face.expression);
  return { box: face.box, answered, label: face.person === null ? label : `${face.person} ${label}` };
}

/** A copy of the film with boxes and labels. Frames that weren't looked at have those of the last one that was. */
class AnnotatedCopy {
  private readonly drawer = new MarkDrawer();
  private marks: Mark[] = [];

  private constructor(private readonly writer: FilmWriter) {}

  static async begin(path: string, film: Film, { start = 0 }: VideoOptions): Promise<AnnotatedCopy> {
    const { width, height, sound } = film;
    // The film may be moved while it is watched; its sound is read at the end.
    const soundOf = sound ? await realpath(film.path) : null;
    return new AnnotatedCopy(await createFilm(path, { width, height, soundOf, start }));
  }

  async write({ time, picture, frame }: ShownFrame): Promise<void> {
    if (frame) this.marks = frame.faces.map(markOf);
    await this.drawer.draw(picture.image, this.marks);
    await this.writer.write(time, picture.image);
  }

  close(): Promise<string | null> {
    return this.writer.close();
  }

  abandon(): Promise<void> {
    return this.writer.abandon();
  }
}
