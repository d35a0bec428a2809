// Who is who through the frames of a film or a webcam. Every face that a detector finds is given to the person whom it suits
// best, by where that person was about to be and by what the face looks like; all faces of a frame at once, so that two
// people who cross don't swap. Times are in seconds and frames may be any time apart. The same input gives the same numbers.

import { show } from '../../check-options.js';
import { FerlabError } from '../../errors.js';
import type { Box, Face } from '../face.js';
import { type Appearance, appearanceDistance, normalised } from './appearance.js';
import { assign } from './assign.js';
import { correct, expectedBox, type Motion, motionCost, predict, startMotion } from './motion.js';

/** A person who isn't seen for longer, and for `keptFrames` frames, comes back as a new one. */
const keptSeconds = 10;
const keptFrames = 3;
/** A face is nobody until it is seen a second time; one that isn't within so many seconds was a mistake. */
const probationSeconds = 0.5;
/** What a face costs as a new person: none goes to a person whom it suits less. Natural logarithms of likelihood ratios. */
const newPersonCost = 10;
/** What a face costs beside, as the second one of nobody yet: two mistakes of a detector are seldom so near each other. */
const probationCost = 4;
/** What stands for the motion where the picture has changed as a whole: likeness alone decides, and must be close. */
const cutCost = 11.2;
/** The slow memory of what a person looks like goes back so many seconds. */
const memorySeconds = 1;

/** A face in a frame, and what it looks like (appearanceOf), where that is known. */
export interface Sighting {
  readonly face: Face;
  readonly appearance?: Appearance | null | undefined;
}

interface PlacedSighting extends Sighting {
  /** Another face may stand before part of it. */
  readonly hidden: boolean;
}

/** One person, or what may become one. */
export interface Track {
  /** From 1, by when they were seen; null while the face was seen only once. It may be given later. */
  readonly person: number | null;
  /** Where the face is expected at the time of the last frame. */
  expectedBox(): Box;
}

class Follower implements Track {
  person: number | null = null;
  missedFrames = 0;
  private last: Appearance | null;
  private slow: Appearance | null;
  private motion: Motion;
  private predicted: Motion;

  constructor(
    public seen: number,
    { face, appearance = null }: Sighting,
  ) {
    this.motion = startMotion(face.box);
    this.predicted = this.motion;
    this.last = appearance;
    this.slow = appearance;
  }

  predict(time: number): void {
    this.predicted = predict(this.motion, time - this.seen);
  }

  cost({ face, appearance = null, hidden }: PlacedSighting, cut: boolean): number {
    const base = this.person === null ? probationCost : 0;
    const place = base + (cut ? cutCost : motionCost(this.predicted, face.box));
    if (appearance === null || this.last === null || this.slow === null) return place;
    const distance = Math.min(
      appearanceDistance(appearance, this.last),
      appearanceDistance(appearance, this.slow),
    );
    const looks = appearanceCost(distance);
    // That a face is hidden in part makes it unlike itself, but hardly like another.
    return place + (hidden ? Math.min(0, looks) : looks);
  }

  take(time: number, { face, appearance = null, hidden }: PlacedSighting, cut: boolean): void {
    this.motion = cut ? startMotion(face.box) : correct(this.predicted, face.box);
    this.predicted = this.motion;
    if (appearance !== null && !(hidden && this.last !== null)) {
      const share = Math.exp(-(time - this.seen) / memorySeconds);
      const mixed = this.slow?.map((value, i) => share * value + (1 - share) * appearance[i]!);
      this.slow = (mixed && normalised(mixed)) ?? appearance;
      this.last = appearance;
    }
    this.seen = time;
    this.missedFrames = 0;
  }

  expectedBox(): Box {
    return expectedBox(this.predicted);
  }
}

/** Heads reach beyond the boxes of their faces, by this share of the box to each side. */
const headMargin = 0.1;
/** Of a face so much may be hidden before its looks mean nothing. */
const hiddenShare = 0.05;

/** Whether one face may stand before part of another, so that what is seen there is the wrong one. */
function hides(front: Box, back: Box): boolean {
  const common = (a: number, aLength: number, b: number, bLength: number) => {
    const [aMargin, bMargin] = [aLength * headMargin, bLength * headMargin];
    return Math.min(a + aLength + aMargin, b + bLength + bMargin) - Math.max(a - aMargin, b - bMargin);
  };
  const width = common(front.x, front.width, back.x, back.width);
  const height = common(front.y, front.height, back.y, back.height);
  return width > 0 && height > 0 && width * height > hiddenShare * back.width * back.height;
}

/** Logarithm of how much likelier a distance is between two people than in one, by the measurement in appearance.ts. */
function appearanceCost(distance: number): number {
  return Math.max(-3, Math.min(3, (distance - 0.4) / 0.12));
}

/** Follows people through frames, given in order. */
export class PeopleTracker {
  private followers: Follower[] = [];
  private time = Number.NEGATIVE_INFINITY;
  private people = 0;

  /**
   * Takes in a frame.
   *
   * @param time in seconds, after that of the last frame.
   * @param given what was found; none is fine, and ends nothing.
   * @param cut the picture has changed as a whole, as where a film is cut: nobody is where they were.
   * @returns for each sighting whose it is.
   * @throws FerlabError `usage` for a time that isn't later.
   */
  update(time: number, given: readonly Sighting[], cut = false): Track[] {
    if (!(time > this.time && time < Number.POSITIVE_INFINITY)) {
      throw new FerlabError(
        'usage',
        `PeopleTracker: expected a time after ${this.time} s, got ${show(time)}. Give the frames in order.`,
      );
    }
    this.time = time;
    for (const follower of this.followers) follower.predict(time);
    const sightings = given.map((sighting, i) => ({
      ...sighting,
      hidden: given.some((other, j) => i !== j && hides(other.face.box, sighting.face.box)),
    }));
    const costs = sightings.map((sighting) => this.followers.map((follower) => follower.cost(sighting, cut)));
    const columns = assign(costs, newPersonCost);
    const kept = new Set<Follower>();
    const tracks = sightings.map((sighting, row) => {
      const known = this.followers[columns[row]!];
      known?.take(time, sighting, cut);
      const follower = known ?? new Follower(time, sighting);
      kept.add(follower);
      return { follower, known: known !== undefined };
    });
    for (const follower of this.followers) if (!kept.has(follower)) this.miss(follower);
    // Those of one frame from the left to the right.
    this.nameAll(tracks.filter(({ known }) => known).map(({ follower }) => follower));
    const missing = this.followers.filter((follower) => !kept.has(follower) && this.isKept(follower));
    this.followers = [...missing, ...kept];
    return tracks.map(({ follower }) => follower);
  }

  /** After the last frame: faces of that frame alone are people, too, since nothing speaks against it. */
  finish(): void {
    this.nameAll(this.followers.filter((follower) => follower.missedFrames === 0));
  }

  private miss(follower: Follower): void {
    // Frames so far apart say nothing about faces that only one of them shows.
    if (follower.missedFrames === 0 && this.time - follower.seen > probationSeconds) this.nameAll([follower]);
    follower.missedFrames++;
  }

  private isKept(follower: Follower): boolean {
    const absence = this.time - follower.seen;
    if (follower.person === null) return absence <= probationSeconds;
    return absence <= keptSeconds || follower.missedFrames < keptFrames;
  }

  private nameAll(followers: readonly Follower[]): void {
    const nameless = followers.filter((follower) => follower.person === null);
    nameless.sort((a, b) => a.expectedBox().x - b.expectedBox().x);
    for (const follower of nameless) follower.person = ++this.people;
  }
}
