// What the seven expressions do to a drawn face, as displacements from the neutral one. Which parts move follows the
// prototypes of Ekman and Friesen's Facial Action Coding System (brows, lids, nose, lips); sizes were set by eye.

import type { Random } from '../../random/random.js';

/** Names of the sample dataset's classes, sorted. */
export const sampleClasses = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'] as const;
export type SampleClass = (typeof sampleClasses)[number];

/** Displacements in hundredths of the picture's side (positive is down), or shares of the neutral measure. */
export interface Expression {
  /** Both brows, up or down. */
  browShift: number;
  /** Inner ends, beyond browShift. */
  browInner: number;
  /** Outer ends, beyond browShift. */
  browOuter: number;
  /** How far the middle stands above the line between the ends. */
  browArch: number;
  /** Inner ends towards each other. */
  browPinch: number;
  /** Height of the eye opening, 1 neutral. */
  eyeOpen: number;
  /** Lower lid pushed up, share of the opening. */
  lidRaise: number;
  /** Iris up or down. */
  gaze: number;
  /** Mouth width, 1 neutral. */
  mouthWidth: number;
  /** Mouth corners. */
  cornerShift: number;
  /** Upper lip's middle, beyond the line between the corners. */
  upperLip: number;
  /** Height of the opening. */
  mouthOpen: number;
  /** Share of the opening that shows teeth. */
  teeth: number;
  /** How square the opening is, 0 an ellipse. */
  squareness: number;
  /** Length of the tongue shown. */
  tongue: number;
  /** Strengths of lines, from 0 to 1. */
  noseWrinkle: number;
  cheekFold: number;
  frownLines: number;
  foreheadLines: number;
}

const neutral: Expression = {
  browShift: 0,
  browInner: 0,
  browOuter: 0,
  browArch: 2,
  browPinch: 0,
  eyeOpen: 1,
  lidRaise: 0,
  gaze: 0,
  mouthWidth: 1,
  cornerShift: 0,
  upperLip: 0,
  mouthOpen: 0,
  teeth: 0,
  squareness: 0,
  tongue: 0,
  noseWrinkle: 0,
  cheekFold: 0,
  frownLines: 0,
  foreheadLines: 0,
};

/** Each class has variants, of which one is drawn: a smile may show teeth or not. */
const variants: Record<SampleClass, Partial<Expression>[]> = {
  neutral: [{}],
  happy: [
    {
      browShift: -1,
      eyeOpen: 0.8,
      lidRaise: 0.3,
      mouthWidth: 1.35,
      cornerShift: -5,
      upperLip: 3,
      mouthOpen: 7,
      teeth: 0.6,
      cheekFold: 1,
    },
    { eyeOpen: 0.85, lidRaise: 0.3, mouthWidth: 1.35, cornerShift: -5, upperLip: 2.5, cheekFold: 0.9 },
  ],
  sad: [
    {
      browInner: -5,
      browOuter: 3,
      browArch: 0.5,
      eyeOpen: 0.7,
      gaze: 1,
      mouthWidth: 0.85,
      cornerShift: 5,
      upperLip: -3,
    },
    {
      browInner: -5,
      browOuter: 3,
      browArch: 0.5,
      eyeOpen: 0.6,
      gaze: 1.2,
      mouthWidth: 0.95,
      cornerShift: 5.5,
      upperLip: -3,
      frownLines: 0.3,
    },
  ],
  angry: [
    {
      browShift: 2.5,
      browInner: 4.5,
      browOuter: -3,
      browArch: 0.5,
      browPinch: 2,
      eyeOpen: 0.8,
      mouthWidth: 0.9,
      cornerShift: 2,
      upperLip: -1.5,
      frownLines: 1,
    },
    {
      browShift: 2.5,
      browInner: 4.5,
      browOuter: -3,
      browArch: 0.5,
      browPinch: 2,
      eyeOpen: 0.9,
      mouthWidth: 1.15,
      cornerShift: 1,
      mouthOpen: 6.5,
      teeth: 1,
      squareness: 0.8,
      frownLines: 1,
    },
  ],
  fear: [
    {
      browShift: -3.5,
      browInner: -3.5,
      browOuter: 2,
      browArch: 0.5,
      browPinch: 2,
      eyeOpen: 1.45,
      mouthWidth: 1.2,
      cornerShift: 2.5,
      mouthOpen: 8,
      teeth: 0.45,
      squareness: 0.9,
      foreheadLines: 0.7,
    },
    {
      browShift: -3.5,
      browInner: -4,
      browOuter: 2.5,
      browArch: 0.5,
      browPinch: 2,
      eyeOpen: 1.5,
      mouthWidth: 1.25,
      cornerShift: 3,
      mouthOpen: 6.5,
      squareness: 0.9,
      foreheadLines: 0.7,
    },
  ],
  surprise: [
    {
      browShift: -6,
      browArch: 5,
      eyeOpen: 1.5,
      mouthWidth: 0.6,
      cornerShift: 2,
      mouthOpen: 14,
      foreheadLines: 0.8,
    },
    {
      browShift: -6,
      browArch: 4.5,
      eyeOpen: 1.45,
      mouthWidth: 0.7,
      cornerShift: 2,
      mouthOpen: 11,
      teeth: 0.25,
      foreheadLines: 0.8,
    },
  ],
  disgust: [
    {
      browShift: 2,
      browInner: 2,
      browArch: 1,
      browPinch: 1,
      eyeOpen: 0.5,
      lidRaise: 0.3,
      mouthWidth: 1,
      cornerShift: 3.5,
      upperLip: -4,
      mouthOpen: 3,
      tongue: 6,
      noseWrinkle: 1,
      cheekFold: 0.7,
    },
    {
      browShift: 2,
      browInner: 2,
      browArch: 1,
      browPinch: 1,
      eyeOpen: 0.5,
      lidRaise: 0.3,
      mouthWidth: 0.95,
      cornerShift: 4.5,
      upperLip: -5.5,
      mouthOpen: 3,
      teeth: 0.7,
      noseWrinkle: 1,
      cheekFold: 0.8,
    },
  ],
};

/** Draws one face's expression: a variant at some strength, every part a little different. */
export function drawExpression(name: SampleClass, random: Random): Expression {
  const options = variants[name];
  const target: Expression = { ...neutral, ...options[random.integer(options.length)]! };
  const strength = random.uniform(0.65, 1.15);
  const expression: Expression = { ...neutral };
  for (const part of Object.keys(neutral) as (keyof Expression)[]) {
    const move = target[part] - neutral[part];
    expression[part] = neutral[part] + move * strength * random.uniform(0.8, 1.2);
  }
  expression.browShift += random.normal(0, 0.6);
  expression.browInner += random.normal(0, 0.6);
  expression.browOuter += random.normal(0, 0.6);
  expression.eyeOpen = Math.max(0.25, expression.eyeOpen + random.normal(0, 0.07));
  expression.mouthWidth += random.normal(0, 0.05);
  expression.cornerShift += random.normal(0, 0.5);
  return expression;
}
