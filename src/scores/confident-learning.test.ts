import { describe, expect, it } from 'vitest';
import {
  confidentClasses,
  confidentJoint,
  estimateTrueCounts,
  normalisedMargin,
} from './confident-learning.js';

// Seven images of three classes; worked out by hand.
const probabilities = [
  [0.8, 0.1, 0.1], // 0: reaches the threshold of 0
  [0.6, 0.3, 0.1], // 0: reaches none
  [0.4, 0.55, 0.05], // labelled 0: class 1
  [0.5, 0.5, 0], // 1: class 1, since 0.5 is below the threshold of 0
  [0.2, 0.7, 0.1], // 1: class 1
  [0.7, 0.1, 0.2], // labelled 1: classes 0 and 2 reach theirs, 0 is more probable
  [0.5, 0.3, 0.2], // 2: class 2, although 0 is more probable
].flat();
const labels = [0, 0, 0, 1, 1, 1, 2];

describe('confident learning', () => {
  const { thresholds, classes } = confidentClasses(probabilities, labels, 3);
  const joint = confidentJoint(labels, classes, 3);

  it('takes the mean probability of the images labelled so as the threshold of a class', () => {
    expect(thresholds[0]).toBeCloseTo((0.8 + 0.6 + 0.4) / 3);
    expect(thresholds[1]).toBeCloseTo((0.5 + 0.7 + 0.1) / 3);
    expect(thresholds[2]).toBeCloseTo(0.2);
  });

  it('counts an image as the most probable class that reaches its threshold', () => {
    expect([...classes]).toEqual([0, 0, 1, 1, 1, 0, 2]);
  });

  it('counts given labels against confident classes', () => {
    expect(joint).toEqual([
      [2, 1, 0],
      [1, 2, 0],
      [0, 0, 1],
    ]);
  });

  it('leaves out images without a confident class', () => {
    expect(confidentJoint([0, 0, 1], [0, -1, 0], 2)).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('scales the rows to the number of images labelled so; a row without evidence is taken as right', () => {
    expect(
      estimateTrueCounts(
        [
          [6, 2, 0],
          [1, 3, 0],
          [0, 0, 0],
        ],
        [16, 10, 5],
      ),
    ).toEqual([
      [12, 4, 0],
      [2.5, 7.5, 0],
      [0, 0, 5],
    ]);
  });

  it('gives a class without images no threshold that could be reached', () => {
    const found = confidentClasses([0.1, 0.1, 0.8, 0.2, 0.1, 0.7], [0, 1], 3);
    expect(found.thresholds[2]).toBeNaN();
    expect([...found.classes]).not.toContain(2);
  });

  it('ranks by a margin from 0, surely wrong, to 1', () => {
    expect([normalisedMargin(0, 1), normalisedMargin(0.5, 0.5), normalisedMargin(1, 0)]).toEqual([0, 0.5, 1]);
  });
});
