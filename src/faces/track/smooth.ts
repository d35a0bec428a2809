// Smoothing of probabilities over time, not over frames: an exponential mean of the line through the samples, so that a
// film of 10 frames a second gives what one of 60 gives, and frames may be any time apart.

/** Smooths the probabilities of one person. */
export class Smoother {
  private time = Number.NaN;
  private raw: Float64Array = new Float64Array(0);
  private smooth: Float64Array = new Float64Array(0);

  /**
   * @param seconds time constant: what lies so far back counts 37% of what is new. 0 smooths nothing.
   * @param gap after so many seconds without a sample smoothing begins anew.
   */
  constructor(
    private readonly seconds: number,
    private readonly gap = 1,
  ) {}

  /**
   * The smoothed probabilities after one more sample; they sum to what the samples sum to.
   *
   * @param time in seconds, not before that of the last sample.
   */
  add(time: number, probabilities: ArrayLike<number>): Float64Array {
    const passed = time - this.time;
    const sample = Float64Array.from(probabilities);
    if (this.smooth.length !== sample.length || !(passed <= this.gap) || this.seconds === 0)
      this.smooth = sample;
    else if (passed > 0) this.smooth = this.advance(passed / this.seconds, sample);
    this.time = time;
    this.raw = sample;
    return this.smooth;
  }

  /** The mean after `t` time constants in which the signal went straight from the last sample to `sample`. */
  private advance(t: number, sample: Float64Array): Float64Array {
    const keep = Math.exp(-t);
    const gone = -Math.expm1(-t);
    const newer = 1 - gone / t;
    return this.smooth.map((value, i) => keep * value + (gone - newer) * this.raw[i]! + newer * sample[i]!);
  }
}
