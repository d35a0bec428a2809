// Batches in groups that one run of the engine takes at once.

/** Groups of at most `most` batches, those of a group of one size: a last, smaller batch is alone. */
export async function* equalBatches<B extends { readonly size: number }>(
  batches: AsyncIterable<B>,
  most: number,
): AsyncGenerator<B[], void, undefined> {
  let group: B[] = [];
  for await (const batch of batches) {
    if (group.length > 0 && group[0]!.size !== batch.size) {
      yield group;
      group = [];
    }
    group.push(batch);
    if (group.length < most) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
