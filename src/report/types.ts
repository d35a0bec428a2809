// What a report is made from: plain data, so that plots can be drawn again from a run folder's JSON alone.

/** One row of history.csv and history.json. Accuracies from 0 to 1, losses in nats. */
export interface HistoryRow {
  /** From 1. */
  epoch: number;
  /** Of the epoch's last step. */
  learning_rate: number;
  loss: number;
  accuracy: number;
  val_loss: number;
  val_accuracy: number;
  /** Wall clock of the epoch, training and validation. */
  seconds: number;
  /** Training images per second of training time (validation not counted). */
  images_per_second: number;
  /** Share of training time spent waiting for the data pipeline, 0 to 1. */
  data_wait: number;
}
