// What a film comes to: for each person how long they were seen, the shares of their expressions and how often these changed.
// Takes in frames one by one, in memory that doesn't grow with the film.

import { FerlabError } from '../errors.js';
import type { Film } from '../film/film.js';
import type { VideoFrame } from '../follow/people.js';
import { TimeRecord } from '../follow/time-record.js';
import { count, percent } from '../format/numbers.js';
import { textTable } from '../format/table.js';

/** One person in the summary. */
export interface PersonSummary {
  person: number;
  /** Seconds from the start of the film. */
  first: number;
  last: number;
  /** How long the person was seen. */
  seconds: number;
  /** In how many frames. */
  frames: number;
  /** Shares of the time with an expression, by the smoothed probabilities; the largest first. */
  expressions: Record<string, number>;
  /** How often the smoothed expression became another. */
  changes: number;
  /** Time in which the face was seen but too small or too turned for an expression. */
  secondsWithout: number;
}

export interface VideoSummary {
  /** Of ferlab. */
  version: string;
  file: string;
  /** What was read of it. */
  film: { width: number; height: number; seconds: number | null; frameRate: number | null; format: string };
  /** Time of the first frame that was looked at, and of the end of the last one. */
  from: number;
  to: number;
  /** How many frames were looked at, and in how many nobody was seen. */
  frames: number;
  framesWithoutFaces: number;
  /** Faces that were seen once only, and are nobody's. */
  facesOfNobody: number;
  /** By number. */
  people: PersonSummary[];
  /** What was wrong with the film. */
  warnings: string[];
  /** Why the film wasn't read to its end; null where it was. */
  stopped: string | null;
}

interface PersonSoFar {
  first: number;
  last: number;
  frames: number;
  seconds: number;
  secondsWithout: number;
  byClass: Float64Array;
  expression: string | null;
  changes: number;
  record: TimeRecord;
}

/** More people are seldom a film's, but a broken detector's; further ones are an error. */
const mostPeople = 20_000;

/** Sums up the frames of a film. */
export class Summing {
  private readonly people = new Map<number, PersonSoFar>();
  private before: VideoFrame | null = null;
  private step: number;
  private first = Number.NaN;
  private end = 0;
  private readonly counts = { frames: 0, framesWithoutFaces: 0, facesOfNobody: 0 };

  constructor(
    private readonly film: Film,
    private readonly classes: readonly string[],
  ) {
    this.step = 1 / (film.frameRate ?? 25);
  }

  /** Takes in the next frame that was looked at. A frame lasts until the next one. */
  add(frame: VideoFrame): void {
    if (this.before !== null) {
      this.step = frame.time - this.before.time;
      this.take(this.before, this.step);
    }
    this.before = frame;
    if (Number.isNaN(this.first)) this.first = frame.time;
  }

  /** After the last frame, which lasts as long as the one before, but not beyond the film. */
  finish(): void {
    if (this.before === null) return;
    const left = (this.film.seconds ?? Number.POSITIVE_INFINITY) - this.before.time;
    this.take(this.before, left > 0 ? Math.min(this.step, left) : this.step);
    this.before = null;
  }

  private take({ time, faces }: VideoFrame, seconds: number): void {
    this.counts.frames++;
    this.end = time + seconds;
    if (faces.length === 0) this.counts.framesWithoutFaces++;
    for (const { person, smoothed } of faces) {
      if (person === null) {
        this.counts.facesOfNobody++;
        continue;
      }
      const found = this.personOf(person, time);
      found.last = time;
      found.frames++;
      found.seconds += seconds;
      if (smoothed === null) {
        found.secondsWithout += seconds;
        continue;
      }
      const { expression, probabilities } = smoothed;
      found.byClass[this.classes.indexOf(expression)]! += seconds;
      if (found.expression !== null && found.expression !== expression) found.changes++;
      found.expression = expression;
      found.record.add(
        time - this.first,
        time - this.first + seconds,
        this.classes.map((name) => probabilities[name]!),
      );
    }
  }

  private personOf(person: number, time: number): PersonSoFar {
    const known = this.people.get(person);
    if (known !== undefined) return known;
    if (this.people.size >= mostPeople) {
      throw new FerlabError(
        'usage',
        `${this.film.path}: expected at most ${count(mostPeople)} people in a film, found more at ${time.toFixed(1)} s. Most of them ` +
          'are no faces: raise --threshold or --min-face.',
      );
    }
    const zero = { frames: 0, seconds: 0, secondsWithout: 0, changes: 0 };
    const record = new TimeRecord(this.classes.length);
    const byClass = new Float64Array(this.classes.length);
    const made: PersonSoFar = { ...zero, first: time, last: time, byClass, expression: null, record };
    this.people.set(person, made);
    return made;
  }

  /** The smoothed probabilities of a person, in equal parts of the time that was looked at; null while unseen. */
  parts(person: number, parts: number): (Float64Array | null)[] {
    const length = Math.max(1e-6, this.end - this.first);
    return this.people.get(person)!.record.parts(0, length, parts);
  }

  summary(version: string, stopped: string | null): VideoSummary {
    const { path, width, height, seconds, frameRate, format, damage } = this.film;
    const people = [...this.people].sort(([a], [b]) => a - b);
    return {
      version,
      file: path,
      film: {
        width,
        height,
        seconds: seconds && rounded(seconds),
        frameRate: frameRate && rounded(frameRate),
        format,
      },
      from: rounded(Number.isNaN(this.first) ? 0 : this.first),
      to: rounded(this.end),
      ...this.counts,
      people: people.map(([person, sums]) => this.personSummary(person, sums)),
      warnings: [...damage],
      stopped,
    };
  }

  private personSummary(person: number, sums: PersonSoFar): PersonSummary {
    const { first, last, seconds, frames, changes, secondsWithout, byClass } = sums;
    const total = byClass.reduce((sum, value) => sum + value, 0);
    const shares = this.classes.map((name, i) => [name, byClass[i]! / total] as const);
    const seen = shares.filter(([, share]) => share > 0).sort(([, a], [, b]) => b - a);
    return {
      ...{ person, first: rounded(first), last: rounded(last), seconds: rounded(seconds), frames },
      expressions: Object.fromEntries(seen.map(([name, share]) => [name, rounded(share, 4)])),
      changes,
      secondsWithout: rounded(secondsWithout),
    };
  }
}

const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** Expressions of at least this share of a person's time are named in the text. */
const leastShare = 0.01;

/** The summary as a person reads it. */
export function summaryText(summary: VideoSummary): string {
  const { file, from, to, frames, framesWithoutFaces, facesOfNobody, people, film, warnings, stopped } =
    summary;
  const lines = [
    `${file}: ${film.width} x ${film.height}, ${(to - from).toFixed(1)} s from ${from.toFixed(1)} s on, ${count(frames)} frames looked at` +
      `, ${count(framesWithoutFaces)} without a face`,
  ];
  if (people.length === 0) lines.push('Nobody was seen.');
  else {
    const rows = people.map((person) => [
      String(person.person),
      `${person.first.toFixed(1)} - ${person.last.toFixed(1)} s`,
      `${person.seconds.toFixed(1)} s`,
      String(person.changes),
      Object.entries(person.expressions)
        .filter(([, share]) => share >= leastShare)
        .map(([name, share]) => `${name} ${percent(share, 0)}`)
        .join(', ') || 'none: too small or too turned',
    ]);
    const columns = [
      { header: 'Person', align: 'right' as const },
      { header: 'From - to', align: 'right' as const },
      { header: 'Seen', align: 'right' as const },
      { header: 'Changes', align: 'right' as const },
      { header: 'Expressions by time' },
    ];
    lines.push('', textTable(columns, rows));
  }
  if (facesOfNobody > 0) {
    const seen = facesOfNobody === 1 ? '1 face was' : `${count(facesOfNobody)} faces were`;
    lines.push('', `${seen} seen in one frame only, and counted for nobody.`);
  }
  for (const warning of warnings) lines.push('', `Warning: ${warning}`);
  if (stopped !== null) lines.push('', stopped);
  return `${lines.join('\n')}\n`;
}
