// Results of an audit. Field names are those of the JSON that `ferlab audit --json` prints.

import type { ImageReference } from '../copies/images.js';

/** Images of one split. */
export interface SplitSummary {
  name: string;
  /** All that were found; the unusable ones too. */
  images: number;
  /** Files that can't be decoded, and rows of a CSV file without a usable label. */
  unusable: number;
  /** Usable images by class. */
  perClass: Record<string, number>;
}

/** A published arrangement of a dataset, recognised by its counts. */
export interface KnownLayout {
  name: string;
  description: string;
  /** What a score on its held-out images can be compared with, and what it can't. */
  comparable: string;
  notComparable: string;
}

/** Images with the same pixels. */
export interface ExactGroup {
  images: ImageReference[];
  /** More than one label among them. */
  conflicting: boolean;
  /** In more than one split. */
  acrossSplits: boolean;
  /** They are blank: the same pixels, but no photograph in common. */
  blank: boolean;
}

/** Two different images of one photograph. Where either has exact copies, it stands for them all. */
export interface NearPair {
  first: ImageReference;
  second: ImageReference;
  /** Normalised cross-correlation of their detail, over the pixels that both show after the best crop, 0 to 1. */
  similarity: number;
  /** One is the other's mirror image. */
  mirrored: boolean;
  /** Share of the second picture that the first shows too, 0 to 1. */
  overlap: number;
  conflicting: boolean;
  acrossSplits: boolean;
}

/** How many images of a held-out split stand in the training split too. */
export interface SplitLeak {
  split: string;
  trainingSplit: string;
  /** Usable images of the split. */
  images: number;
  /** Those with an exact copy in training; blank ones are counted here and in `exactBlank`. */
  exact: number;
  exactBlank: number;
  /** Of `exact`: those of which some copy in training has another label. */
  exactConflicting: number;
  /** Those without an exact copy but with a near one. */
  near: number;
}

/** An image with (nearly) one grey value. */
export interface BlankImage extends ImageReference {
  /** Of its grey values, 0 to 255. */
  standardDeviation: number;
}

/** An image that stands out from the others. */
export interface UnlikeImage extends ImageReference {
  /**
   * Mean of two shares, 0 to 1: of the picture's variance that the dataset's principal components leave out, and of its
   * pixels that have one grey (within five levels).
   */
  score: number;
}

/** An image whose label a model finds improbable. */
export interface SuspectLabel extends ImageReference {
  predicted: string;
  /** Probabilities under the model. */
  labelProbability: number;
  predictedProbability: number;
  /** (1 + labelProbability - predictedProbability) / 2, 0 to 1: the smaller, the likelier the label is wrong. */
  normalisedMargin: number;
}

/** Confident disagreement in one split. */
export interface SuspectSummary {
  name: string;
  images: number;
  confident: number;
  /**
   * Mean probability that the model gives to a class over the images labelled so: the bar for confidence in it. With
   * cross-validation over all splits together.
   */
  thresholds: Record<string, number>;
}

/** Images of one label that look like another class. */
export interface LabelConfusion {
  /** The label that they have, and the class that they look like. */
  label: string;
  predicted: string;
  /** Images labelled so that are confidently the other class. */
  confident: number;
  /** Images labelled so that truly are the other class, estimated from `confident`. */
  estimated: number;
}

/** How labels were judged by models that hadn't seen the images. */
export interface CrossValidationSummary {
  folds: number;
  /** How every fold's model was trained. */
  preset: string;
  epochs: number;
  seed: number;
  /** Share of the images whose most probable class is their label, out of sample; of all, and by fold. */
  accuracy: number;
  foldAccuracy: number[];
  /** The sum of the pairs' estimates. */
  estimatedErrors: number;
  /** Pairs of classes with any confident image, the largest estimate first. */
  pairs: LabelConfusion[];
}

/** Labels that a model disagrees with. */
export interface SuspectLabels {
  /** Path of the model file; null with cross-validation. */
  model: string | null;
  /** Null with a model file. */
  crossValidation: CrossValidationSummary | null;
  /** Of each split. */
  splits: SuspectSummary[];
  /** Confident disagreements, the strongest first. */
  images: SuspectLabel[];
}

/** All that `ferlab audit` finds. Lists are cut at `listLimit` entries; counts are of everything. */
export interface AuditResult {
  /** Of the program. */
  version: string;
  dataset: string;
  /** Side in pixels at which images were compared. */
  imageSize: number;
  classes: string[];
  splits: SplitSummary[];
  /** What a file of corrections changed before the audit, a line for people; null without one. */
  corrections: string | null;
  unusable: { file: string; reason: string }[];
  /** Largest class of the first split over its smallest; 0 where a class is empty. */
  imbalanceRatio: number;
  layout: KnownLayout | null;
  leaks: SplitLeak[];
  exactDuplicates: {
    /** Images that have at least one exact copy, and what would be left of all images with one of each. */
    images: number;
    uniqueImages: number;
    groups: number;
    conflictingGroups: number;
    acrossSplitsGroups: number;
    list: ExactGroup[];
  };
  nearDuplicates: {
    /** Least similarity listed. */
    threshold: number;
    pairs: number;
    /** Images in them; of each set of exact copies one counts. */
    images: number;
    conflictingPairs: number;
    acrossSplitsPairs: number;
    /** The most similar first. */
    list: NearPair[];
  };
  blank: BlankImage[];
  blankCount: number;
  /** Those above the threshold, the strangest first; to be looked at, not a verdict. */
  unlikeTheOthers: UnlikeImage[];
  /** Null where there are too few different images: the list is empty then. */
  unlikeCount: number | null;
  /** Score above which an image counts: seven robust standard deviations above the median, at least twice the median. */
  unlikeThreshold: number | null;
  suspectLabels: SuspectLabels | null;
  warnings: string[];
  listLimit: number;
  seconds: number;
}
