// Results of evaluating and of calibrating. Their field names are also those of the JSON that the commands print.

/** Precision, recall and F1 of one class, or their mean over classes. All from 0 to 1; 0 where undefined. */
export interface ClassScores {
  precision: number;
  recall: number;
  f1: number;
  /** Images of the class. */
  support: number;
}

/** A confident wrong prediction. */
export interface Mistake {
  file: string;
  /** Class names. */
  expected: string;
  predicted: string;
  /** Probability of the predicted class. */
  confidence: number;
}

/** One bar of a reliability diagram: the images whose confidence lies in (`lower`, `upper`]. */
export interface ReliabilityBin {
  lower: number;
  upper: number;
  count: number;
  /** Mean probability of the predicted class, and share of right predictions; 0 where `count` is 0. */
  confidence: number;
  accuracy: number;
}

/** How well a model does on a labelled set. */
export interface EvaluationResult {
  /** Share of images whose most probable class is the label. */
  accuracy: number;
  /** 95% Wilson score interval of `accuracy`. */
  accuracyInterval: [number, number];
  /** Images scored; every one counts. */
  n: number;
  /** Mean categorical cross-entropy (natural logarithm). */
  loss: number;
  classes: string[];
  /** `confusion[actual][predicted]`, counts. */
  confusion: number[][];
  perClass: Record<string, ClassScores>;
  /** Unweighted mean over the classes that occur. */
  macro: Omit<ClassScores, 'support'>;
  /** Mean weighted by support. */
  weighted: Omit<ClassScores, 'support'>;
  /** Expected calibration error, 15 equal-width bins of confidence (Guo et al. 2017). */
  ece: number;
  /** The bins that `ece` is made from, by rising confidence. */
  reliability: ReliabilityBin[];
  /** Wrong predictions, the most confident first, at most as many as were asked for. */
  mistakes: Mistake[];
}

/** A score before calibration, after it, and after it by temperatures that were fitted on other images. */
export interface CalibrationChange {
  before: number;
  after: number;
  /** Each half of the images under the temperature that was fitted on the other half. */
  crossFitted: number;
}

/** The temperature of a model, and what it does to the images that it was fitted on. */
export interface Calibration {
  /** What the model divides its logits by. */
  temperature: number;
  /** The images that it was fitted on: the dataset's name, its split, their number, and their SHA-256 (hex). */
  dataset: string;
  split: string;
  n: number;
  fingerprint: string;
  /** Expected calibration error, 15 bins. */
  ece: CalibrationChange;
  /** Mean categorical cross-entropy (natural logarithm). */
  loss: CalibrationChange;
}
