// Parts of the page that need no browser: the worker's chain of tasks, the frames that wait, what is recorded.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Chain } from '../../studio/engine/chain.js';
import { Recording } from '../../studio/engine/recording.js';
import { followVideo, Pace } from '../../studio/media/frames.js';

afterEach(() => vi.unstubAllGlobals());

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('the chain of tasks', () => {
  it('runs one after the other, and goes on after a failure', async () => {
    const chain = new Chain();
    const seen: string[] = [];
    const task = (name: string) => async () => {
      seen.push(`${name} begins`);
      await turn();
      seen.push(`${name} ends`);
      if (name === 'b') throw new Error('b fails');
      return name;
    };
    const all = ['a', 'b', 'c'].map((name) => chain.add(task(name)));
    expect(await Promise.allSettled(all)).toMatchObject([
      { value: 'a' },
      { reason: { message: 'b fails' } },
      { value: 'c' },
    ]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('lets those that wait go before the rest of a long one', async () => {
    const chain = new Chain();
    const seen: string[] = [];
    const long = chain.add(async () => {
      for (const step of [1, 2]) {
        seen.push(`step ${step}`);
        await chain.letOthers();
      }
    });
    const short = chain.add(async () => void seen.push('short'));
    await Promise.all([long, short]);
    expect(seen).toEqual(['step 1', 'short', 'step 2']);
  });
});

describe('frames of a video', () => {
  it('are let go while one is worked on, but for the newest', async () => {
    const closed: number[] = [];
    let shown = 0;
    vi.stubGlobal('createImageBitmap', async () => {
      const number = ++shown;
      return { number, close: () => closed.push(number) };
    });
    let show = (_: number) => {};
    const video = {
      requestVideoFrameCallback: (back: (now: number, frame: { mediaTime: number }) => void) => {
        show = (mediaTime) => back(0, { mediaTime });
        return 1;
      },
      cancelVideoFrameCallback: vi.fn(),
    };
    const worked: number[] = [];
    let done = () => {};
    const stop = followVideo(video as unknown as HTMLVideoElement, async ({ image, mediaTime }) => {
      worked.push((image as unknown as { number: number }).number);
      expect(mediaTime).toBe(worked.at(-1)! / 10);
      await new Promise<void>((resolve) => {
        done = resolve;
      });
    });
    for (const time of [0.1, 0.2, 0.3, 0.4]) {
      show(time);
      await turn();
    }
    expect(worked).toEqual([1]);
    done();
    await turn();
    expect(worked).toEqual([1, 4]);
    expect(closed).toEqual([2, 3]);
    show(0.5);
    await turn();
    stop();
    done();
    await turn();
    expect(worked).toEqual([1, 4]);
    expect(closed).toEqual([2, 3, 5]);
  });

  it('are counted over two seconds', () => {
    const pace = new Pace();
    expect(pace.now()).toBeNull();
    for (let i = 0; i < 100; i++) pace.add(i * 50, 80);
    expect(pace.now()!.perSecond).toBeCloseTo(20, 6);
    expect(pace.now()!.latency).toBe(80);
  });
});

describe('a recording', () => {
  const classes = ['happy', 'sad'];
  const prediction = (happy: number) => ({
    expression: happy > 0.5 ? 'happy' : 'sad',
    probabilities: { happy, sad: 1 - happy },
    ranking: [
      { label: 'happy', probability: happy },
      { label: 'sad', probability: 1 - happy },
    ],
  });
  const face = (person: number | null, happy: number) => ({
    face: {
      ...{ box: { x: 10, y: 10, width: 50, height: 60 }, score: 0.9, roll: 0, side: 60 },
      points: [
        [20, 30],
        [40, 30],
        [30, 40],
        [22, 50],
        [38, 50],
      ] as [[number, number], [number, number], [number, number], [number, number], [number, number]],
      ...prediction(happy),
    },
    track: { person, expectedBox: () => ({ x: 0, y: 0, width: 1, height: 1 }) },
    smoothed: prediction(happy),
  });

  it('has a row for each face and frame, the last one too, in the columns of ferlab video', () => {
    const recording = new Recording(classes);
    expect(recording.timeline(60)).toBeNull();
    recording.add(0, [face(1, 0.9)]);
    recording.add(0.5, [face(1, 0.8), face(2, 0.2)]);
    recording.add(1, []);
    recording.add(1.5, [face(2, 0.1)]);
    const { rows, from, to } = recording.json();
    expect(rows.map(({ time, person }) => [time, person])).toEqual([
      [0, 1],
      [0.5, 1],
      [0.5, 2],
      [1.5, 2],
    ]);
    expect([from, to]).toEqual([0, 1.5]);
    const lines = recording.csv().trim().split('\n');
    expect(lines[0]).toContain('time,person,x,y,width,height,score,expression,smoothed_expression,happy,sad');
    expect(lines).toHaveLength(5);
    const { people, scale } = recording.timeline(60)!;
    expect(people.map(({ name }) => name)).toEqual(['person 1', 'person 2']);
    expect(scale).toMatchObject({ from: 0, to: 1.5, parts: 60 });
    expect(people[1]!.parts[0]).toBeNull();
    expect(people[1]!.parts[25]![1]).toBeGreaterThan(people[1]!.parts[25]![0]!);
  });

  it('counts a frame before a pause for a second at most', () => {
    const recording = new Recording(classes);
    recording.add(0, [face(1, 0.9)]);
    recording.add(600, [face(1, 0.9)]);
    expect(recording.json().to).toBe(1);
  });
});
