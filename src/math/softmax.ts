// Softmax outside the graph, for logits that are changed after the model gave them.

/** Softmax of each row of `logits / temperature`, [n, classes]. */
export function softmaxRows(logits: Float32Array, classes: number, temperature = 1): Float32Array {
  const result = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = Float64Array.from(logits.subarray(start, start + classes));
    const top = Math.max(...row);
    const powers = row.map((value) => Math.exp((value - top) / temperature));
    const sum = powers.reduce((total, value) => total + value, 0);
    powers.forEach((value, i) => {
      result[start + i] = value / sum;
    });
  }
  return result;
}
