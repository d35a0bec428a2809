// What the worker can be asked to do, by name. A task's input and output are copied between page and worker; client.ts takes
// their types from here. Each runs alone; one that takes long calls `letOthers` between its steps.

import { currentRecording, followFrame, restart } from './follow-frames.js';
import { addModel, modelFacts, openDetector } from './open-models.js';
import { recognisePicture } from './recognise-picture.js';
import type { TimelineData } from './recording.js';
import { answerFrame, copiesOf, takeFrame, takeSample, teach } from './teaching.js';

export interface TaskContext {
  readonly signal: AbortSignal;
  /** Of the engine: more than one only where the page is isolated from other origins. */
  readonly threads: number;
  /** What of the output is given over, not copied. */
  readonly transfer: Transferable[];
  /** Tells the page how far it is. */
  report(progress: unknown): void;
  /** Tasks that wait by now go first. */
  letOthers(): Promise<void>;
}

export const tasks = {
  /** Opens what finds faces. Before every other task. */
  async start(
    input: { detector: string; points: string | null; token: string | null },
    { threads }: TaskContext,
  ): Promise<{ threads: number }> {
    await openDetector({ ...input, threads });
    return { threads };
  },

  /** Opens a model of the list, so that the first answer needn't wait for it. */
  openModel: ({ id }: { id: string }, { threads }: TaskContext) => modelFacts(id, threads),

  /** Opens a model file that was dropped on the page or made in it. */
  addModel: ({ bytes, name }: { bytes: Uint8Array; name: string }, { threads }: TaskContext) =>
    addModel(bytes, name, threads),

  recognisePicture,

  followFrame,

  takeSample,
  takeFrame,
  answerFrame,
  copiesOf,
  teach,

  /** Throws away what was recorded of a webcam or a film; people get new numbers. */
  async restartFollowing(_: null): Promise<void> {
    restart();
  },

  /** What was recorded, as the text of a file. */
  async exportRecording({
    format,
    source,
  }: {
    format: 'csv' | 'json';
    source: string;
  }): Promise<string | null> {
    const recording = currentRecording();
    if (recording === null) return null;
    return format === 'csv'
      ? recording.csv()
      : `${JSON.stringify({ source, ...recording.json() }, null, 2)}\n`;
  },

  /** What a timeline of so many parts is drawn of; null while there is nothing to draw. */
  async timelineOf({ parts }: { parts: number }): Promise<TimelineData | null> {
    return currentRecording()?.timeline(parts) ?? null;
  },
};

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
