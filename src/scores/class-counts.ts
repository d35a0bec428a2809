// Images per class.

/** How often each class occurs among labels, by name. */
export function classCounts(classes: readonly string[], labels: Int32Array): Record<string, number> {
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels) counts[label]!++;
  return Object.fromEntries(classes.map((name, label) => [name, counts[label]!]));
}
