// Softmax outside the graph: for logits that are changed after the model gave them, and as what the graph's is held to.

/** Softmax of `logits / temperature`; the results sum to 1. */
export function softmax(logits: Float64Array, temperature = 1): Float64Array {
  const top = Math.max(...logits); // so that nothing overflows
  const powers = logits.map((value) => Math.exp((value - top) / temperature));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/** Softmax of each row of `logits / temperature`, [n, classes]. */
export function softmaxRows(logits: Float32Array, classes: number, temperature = 1): Float32Array {
  const result = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = Float64Array.from(logits.subarray(start, start + classes));
    result.set(softmax(row, temperature), start);
  }
  return result;
}
