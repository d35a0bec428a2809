// The smallest training.

/** Options for the smallest training that is still one of the seed network. */
export const tiny = [
  ...['--conv-filters', '4,8', '--dense-units', '16', '--image-size', '16'],
  ...['--batch-size', '32', '--threads', '1', '--workers', '1'],
];
