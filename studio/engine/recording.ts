// What was seen of a webcam or a film: a row for each person and frame, as `ferlab video` writes them, and the sums of which the
// timeline is drawn.

import { type FollowedFace, filmFaces } from '../../src/follow/people.js';
import { csvHeader, csvRow, type VideoRow, videoRow } from '../../src/follow/rows.js';
import { TimeRecord } from '../../src/follow/time-record.js';
import type { TimelinePerson, TimelineScale } from '../../src/plots/timeline.js';

/** An hour of one person at 15 frames a second. */
const mostRows = 60_000;
/** A frame counts until the next one, but not for longer: the webcam may have been paused. */
const longestFrame = 1;
/** Strips of the timeline. */
const mostPeople = 8;

/** A timeline's people and scale, for timelinePlot. */
export interface TimelineData {
  people: TimelinePerson[];
  scale: TimelineScale;
}

export class Recording {
  private readonly rows: VideoRow[] = [];
  private readonly people = new Map<number, { seconds: number; record: TimeRecord }>();
  private held: { time: number; faces: readonly FollowedFace[] } | null = null;
  private first = Number.NaN;
  private end = 0;

  constructor(private readonly classes: readonly string[]) {}

  /** Takes in a frame. It is written when the next one comes: whose a face is may be known only then. */
  add(time: number, faces: readonly FollowedFace[]): void {
    if (this.held !== null) this.write(Math.min(longestFrame, time - this.held.time));
    this.held = { time, faces };
    if (Number.isNaN(this.first)) this.first = time;
  }

  private write(seconds: number): void {
    const { time, faces } = this.held!;
    this.end = time + seconds;
    if (this.rows.length >= mostRows) return;
    for (const face of filmFaces(faces)) {
      this.rows.push(videoRow(time, face));
      if (face.person === null || face.smoothed === null) continue;
      const { probabilities } = face.smoothed;
      const person = this.personOf(face.person);
      person.seconds += seconds;
      const begin = time - this.first;
      person.record.add(
        begin,
        begin + seconds,
        this.classes.map((name) => probabilities[name]!),
      );
    }
  }

  private personOf(number: number): { seconds: number; record: TimeRecord } {
    const known = this.people.get(number);
    if (known !== undefined) return known;
    const made = { seconds: 0, record: new TimeRecord(this.classes.length) };
    this.people.set(number, made);
    return made;
  }

  size(): { rows: number; full: boolean } {
    return { rows: this.rows.length, full: this.rows.length >= mostRows };
  }

  /** Those that are written, and of the last frame what is known by now. */
  private allRows(): readonly VideoRow[] {
    if (this.held === null) return this.rows;
    const { time, faces } = this.held;
    return [...this.rows, ...filmFaces(faces).map((face) => videoRow(time, face))];
  }

  csv(): string {
    const rows = this.allRows().map((row) => csvRow(this.classes, row));
    return csvHeader(this.classes) + rows.join('');
  }

  json(): { from: number; to: number; classes: readonly string[]; rows: readonly VideoRow[] } {
    return {
      from: Number.isNaN(this.first) ? 0 : this.first,
      to: this.end,
      classes: this.classes,
      rows: this.allRows(),
    };
  }

  /** The people who were seen longest, by number; null where nobody has been seen for long enough. */
  timeline(parts: number): TimelineData | null {
    const length = this.end - this.first;
    const longest = [...this.people].sort(([, a], [, b]) => b.seconds - a.seconds).slice(0, mostPeople);
    if (!(length > 0) || longest.length === 0) return null;
    const people = longest
      .sort(([a], [b]) => a - b)
      .map(([number, { record }]) => ({ name: `person ${number}`, parts: record.parts(0, length, parts) }));
    return { people, scale: { classes: this.classes, from: this.first, to: this.end, parts } };
  }
}
