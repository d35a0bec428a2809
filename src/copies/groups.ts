// Images that show the same photograph, as groups: wherever a dataset is divided, a group stays together.

/**
 * Joins exact and near copies, by chains of them too.
 *
 * @param firsts for every image, the first image of the same pixels: itself where there is none before it.
 * @param near pairs of images of one photograph.
 * @returns for every image, the first image of its group.
 */
export function copyGroups(
  firsts: ArrayLike<number>,
  near: readonly { first: number; second: number }[],
): Int32Array {
  const parents = Int32Array.from(firsts);
  const rootOf = (i: number): number => {
    let root = i;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  };
  for (const { first, second } of near) {
    const [a, b] = [rootOf(first), rootOf(second)];
    parents[Math.max(a, b)] = Math.min(a, b);
  }
  return parents.map((_, i) => rootOf(i));
}
