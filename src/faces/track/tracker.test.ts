// People are simulated: they walk through a picture, cross, hide and turn away, and the detector misses some, sees faces where
// there are none and measures boxes with noise. Counted is how often a person's number changes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random/random.js';
import type { Face } from '../face.js';
import { normalised } from './appearance.js';
import { PeopleTracker, type Sighting, type Track } from './tracker.js';

interface Walker {
  /** Centre and size in pixels at a time; null while hidden. */
  at(time: number): { x: number; y: number; size: number } | null;
}

interface Conditions {
  seed: number;
  seconds: number;
  /** Time between two frames. */
  interval(random: Random): number;
  missed: number;
  falsePositives: number;
  /** Share of a thumbnail that is noise: .39 gives the distance between frames of one clip, .15. */
  change: number;
}

const usual: Conditions = {
  seed: 1,
  seconds: 10,
  interval: () => 0.04,
  missed: 0.05,
  falsePositives: 0.02,
  change: 0.4,
};

function faceAt(x: number, y: number, size: number): Face {
  const at = (dx: number, dy: number) => [x + dx * size, y + dy * size] as const;
  return {
    box: { x: x - size / 2, y: y - size / 2, width: size, height: size },
    score: 0.9,
    points: [at(-0.2, -0.1), at(0.2, -0.1), at(0, 0.1), at(-0.15, 0.25), at(0.15, 0.25)],
  };
}

const looks = (random: Random) => normalised(Float32Array.from({ length: 144 }, () => random.normal(0, 1)))!;

/** Drawn once, since drawing takes longer than tracking. */
const noises = Array.from({ length: 200 }, (_, i) => looks(new Random(i, 'tracker-noise')));

/** Runs a tracker over the walkers. */
function simulate(walkers: readonly Walker[], conditions: Partial<Conditions> = {}) {
  const { seed, seconds, interval, missed, falsePositives, change } = { ...usual, ...conditions };
  const random = new Random(seed, 'tracker-test');
  const faces = walkers.map(() => looks(random));
  const tracker = new PeopleTracker();
  const tracks: Track[][] = walkers.map(() => []);
  const others: Track[] = [];
  for (let time = 0; time < seconds; time += interval(random)) {
    const seen: { walker: number; sighting: Sighting }[] = [];
    for (const [walker, { at }] of walkers.entries()) {
      const place = at(time);
      if (place === null || random.uniform() < missed) continue;
      const shaken = (value: number) => value + random.normal(0, 0.03 * place.size);
      const face = faceAt(shaken(place.x), shaken(place.y), place.size * Math.exp(random.normal(0, 0.04)));
      const noise = noises[random.integer(noises.length)]!;
      const appearance = normalised(faces[walker]!.map((value, i) => value + change * 1.05 * noise[i]!));
      seen.push({ walker, sighting: { face, appearance } });
    }
    if (random.uniform() < falsePositives) {
      const face = faceAt(random.uniform(0, 640), random.uniform(0, 480), random.uniform(30, 120));
      seen.push({ walker: -1, sighting: { face, appearance: noises[random.integer(noises.length)]! } });
    }
    const shuffled = random.uniform() < 0.5 ? seen.reverse() : seen;
    const found = tracker.update(
      time,
      shuffled.map(({ sighting }) => sighting),
    );
    for (const [i, { walker }] of shuffled.entries()) (tracks[walker] ?? others).push(found[i]!);
  }
  tracker.finish();
  const numbers = tracks.map((list) => list.map(({ person }) => person));
  const switches = numbers.map((list) => {
    const named = list.filter((person) => person !== null);
    return named.filter((person, i) => i > 0 && person !== named[i - 1]).length;
  });
  return {
    numbers,
    switches: switches.reduce((sum, count) => sum + count, 0),
    people: new Set([...numbers.flat(), ...others.map(({ person }) => person)].filter((n) => n !== null)),
  };
}

const walk = (from: [number, number], velocity: [number, number], size = 60): Walker => ({
  at: (time) => ({ x: from[0] + velocity[0] * time, y: from[1] + velocity[1] * time, size }),
});

const hidden = (walker: Walker, from: number, to: number): Walker => ({
  at: (time) => (time >= from && time < to ? null : walker.at(time)),
});

const seeds = fc.integer({ min: 0, max: 1e6 });

describe('people keep their numbers', () => {
  it('while they stand and are seen in every frame', () => {
    const { numbers, people } = simulate([walk([100, 200], [0, 0]), walk([400, 200], [0, 0])], {
      missed: 0,
      falsePositives: 0,
    });
    expect(people).toEqual(new Set([1, 2]));
    expect(new Set(numbers[0])).toEqual(new Set([1]));
    expect(new Set(numbers[1])).toEqual(new Set([2]));
  });

  it('when they cross, one behind the other for most of a second', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 40, max: 160, noNaN: true }), (seed, speed) => {
        const behind = 45 / speed;
        const meet = 200 / speed;
        const { switches, people } = simulate(
          [
            walk([120, 200], [speed, 0]),
            hidden(walk([520, 205], [-speed, 0]), meet - behind / 2, meet + behind / 2),
          ],
          { seed, seconds: 2 * meet, falsePositives: 0 },
        );
        expect({ switches, people: people.size }).toEqual({ switches: 0, people: 2 });
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('when they meet and turn back, which only their looks tell', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const bounce = (side: number): Walker => ({
          at: (time) => ({ x: 320 + side * (30 + 60 * Math.abs(time - 3)), y: 200, size: 60 }),
        });
        const { switches } = simulate([hidden(bounce(-1), 2.8, 3.2), bounce(1)], { seed, seconds: 6 });
        expect(switches).toBe(0);
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('when they turn away for two seconds, or stay away for eight near where they were', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const away = hidden(walk([200, 200], [20, 0]), 2, 4);
        const gone = hidden(walk([500, 200], [0, 0]), 1, 9);
        expect(simulate([away, gone], { seed, change: 0.3 }).switches).toBe(0);
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('with many missed frames and many faces that are none', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { switches, people } = simulate(
          [walk([60, 100], [50, 10]), walk([300, 300], [0, 0], 90), walk([600, 120], [-40, 15])],
          { seed, missed: 0.4, falsePositives: 0.3 },
        );
        expect(switches).toBe(0);
        expect(people.size).toBeLessThanOrEqual(5); // of some 75 faces that are none
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('whatever the frame rate, also where it changes', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1 / 60, 0.04, 0.1, 0.2), (seed, mean) => {
        const { switches, people } = simulate(
          [walk([60, 100], [45, 5]), walk([560, 160], [-45, -5]), walk([320, 380], [0, 0])],
          { seed, interval: (random) => mean * random.uniform(0.2, 1.8), falsePositives: 0 },
        );
        expect({ switches, people: people.size }).toEqual({ switches: 0, people: 3 });
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});

describe('PeopleTracker', () => {
  const sighting = (x: number, seed: number): Sighting => ({
    face: faceAt(x, 200, 60),
    appearance: looks(new Random(seed, 'person')),
  });
  const person = (tracker: PeopleTracker, time: number, ...faces: Sighting[]) =>
    tracker.update(time, faces).map((track) => track.person);

  it('numbers a face when it is seen again, from the left to the right', () => {
    const tracker = new PeopleTracker();
    const first = tracker.update(0, [sighting(400, 1), sighting(100, 2)]);
    expect(first.map((track) => track.person)).toEqual([null, null]);
    expect(person(tracker, 0.04, sighting(401, 1), sighting(101, 2))).toEqual([2, 1]);
    expect(first.map((track) => track.person)).toEqual([2, 1]);
  });

  it('gives a face that is seen once no number, unless frames are far apart or end', () => {
    const tracker = new PeopleTracker();
    const once = tracker.update(0, [sighting(100, 1)])[0]!;
    for (let frame = 1; frame < 20; frame++) tracker.update(frame * 0.04, []);
    expect(once.person).toBeNull();
    const far = tracker.update(1, [sighting(300, 2)])[0]!;
    tracker.update(3, []);
    expect(far.person).toBe(1);
    const last = tracker.update(4, [sighting(500, 3)])[0]!;
    tracker.finish();
    expect(last.person).toBe(2);
  });

  it('gives a new number after ten seconds', () => {
    for (const [absence, expected] of [
      [9, 1],
      [11, 2],
    ] as const) {
      const tracker = new PeopleTracker();
      for (let frame = 0; frame < 25; frame++) tracker.update(frame * 0.04, [sighting(300, 1)]);
      for (let time = 1; time < absence + 0.96; time += 0.04) tracker.update(time, []);
      tracker.update(absence + 0.97, [sighting(300, 1)]);
      expect(person(tracker, absence + 1.01, sighting(300, 1))).toEqual([expected]);
    }
  });

  it('gives a new person in another place a new number, and one who sits down where another sat', () => {
    const tracker = new PeopleTracker();
    for (let frame = 0; frame < 25; frame++) tracker.update(frame * 0.04, [sighting(300, 1)]);
    expect(tracker.update(1, [sighting(300, 1), sighting(500, 2)])[1]!.person).toBeNull();
    expect(person(tracker, 1.04, sighting(300, 1), sighting(500, 2))).toEqual([1, 2]);
    for (let frame = 0; frame < 50; frame++) tracker.update(1.1 + frame * 0.04, []);
    tracker.update(3.2, [sighting(300, 3)]);
    expect(person(tracker, 3.24, sighting(300, 3))).toEqual([3]);
  });

  it('knows people again who come from behind another, half hidden', () => {
    const tracker = new PeopleTracker();
    const half = { ...sighting(345, 7) }; // nothing like the person behind
    for (let frame = 0; frame < 25; frame++)
      tracker.update(frame * 0.04, [sighting(300, 1), sighting(400 - 4 * frame, 2)]);
    for (let frame = 0; frame < 60; frame++) tracker.update(1 + frame * 0.04, [sighting(300, 1)]);
    expect(tracker.update(3.5, [sighting(300, 1), half])[1]!.person).toBe(2);
    expect(person(tracker, 4, sighting(300, 1), sighting(400, 2))).toEqual([1, 2]);
  });

  it('goes by looks alone where the film is cut', () => {
    const tracker = new PeopleTracker();
    for (let frame = 0; frame < 25; frame++)
      tracker.update(frame * 0.04, [sighting(100, 1), sighting(400, 2)]);
    expect(tracker.update(1, [sighting(400, 1), sighting(100, 3)], true)[0]!.person).toBe(1);
    expect(person(tracker, 1.04, sighting(400, 1), sighting(100, 3))).toEqual([1, 3]);
  });

  it('keeps no more than it needs of faces that are none', () => {
    const tracker = new PeopleTracker();
    const random = new Random(1, 'crowd');
    for (let frame = 0; frame < 100; frame++) {
      const crowd = Array.from({ length: 20 }, (_, i) => ({
        face: faceAt(random.uniform(0, 640) + 700 * i, random.uniform(0, 480), 30),
        appearance: noises[random.integer(noises.length)]!,
      }));
      tracker.update(frame * 0.04, crowd);
    }
    expect((tracker as unknown as { followers: unknown[] }).followers.length).toBeLessThan(20 * 20);
  });

  it('refuses frames that go back in time', () => {
    const tracker = new PeopleTracker();
    tracker.update(1, []);
    expect(() => tracker.update(1, [])).toThrow(/after 1 s/);
    expect(() => tracker.update(Number.NaN, [])).toThrow(/NaN/);
  });
});
