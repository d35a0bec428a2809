// sharp, loaded when first needed: 50 ms and 20 MB that batches from memory do without. In a file of its own, so that
// the library's declarations don't name sharp's types, which need those of Node.

import type Sharp from 'sharp';

let loading: Promise<typeof Sharp> | null = null;

export function loadSharp(): Promise<typeof Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false); // no image is decoded twice
    sharp.concurrency(1); // the parallelism is in worker threads, one image each
    return sharp;
  });
  return loading;
}
