// Draws what happens during a long command: a live bar on a terminal, plain lines elsewhere.

import type { EvaluateEvent } from '../evaluate/open-split.js';
import { clock, percent, throughput } from '../format/numbers.js';
import { visibleLines } from '../format/visible.js';
import { kerasMeasures } from '../scores/history.js';
import type { TrainEvent } from '../train/loop/events.js';
import type { VideoEvent } from '../video/recognise-video.js';
import { isLive, LiveLine, type Stream, type Terminal } from './terminal.js';

const widestBar = 30;
const narrowestBar = 8;

/** A bar of `width` columns. */
function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/**
 * A line of `label`, a bar and facts that fits into `columns`: facts are left out from the last, then the bar.
 * @param share how much is done, 0 to 1.
 */
export function progressLine(
  columns: number,
  label: string,
  share: number,
  facts: readonly string[],
): string {
  const kept = [...facts];
  for (;;) {
    const words = [label, ...kept];
    const length = words.join('  ').length + 2;
    const room = Math.min(widestBar, columns - length);
    if (room >= narrowestBar) return [label, bar(share, room), ...kept].join('  ');
    if (kept.length === 0) return label.slice(0, Math.max(0, columns));
    kept.pop();
  }
}

/** Measures by Keras's names; accuracies as percentages. */
function measureTexts(measures: Readonly<Record<string, number>>): string[] {
  return Object.entries(kerasMeasures(measures)).map(
    ([name, value]) => `${name} ${name.endsWith('accuracy') ? percent(value) : value.toFixed(4)}`,
  );
}

/** The line that an epoch leaves behind. */
function epochLine(event: Extract<TrainEvent, { type: 'epoch' }>): string {
  const { row } = event;
  const width = String(event.epochs).length;
  return [
    `Epoch ${String(row.epoch).padStart(width)}/${event.epochs}`,
    ...measureTexts(row.measures),
    `learning rate ${Number(row.learningRate.toPrecision(3))}`,
    throughput(row.imagesPerSecond),
    `waiting for data ${percent(row.dataWait)}`,
    clock(row.seconds),
    ...(event.best ? ['best'] : []),
  ].join('  ');
}

type LiveEvent = Extract<TrainEvent, { type: 'decode' | 'teach' | 'mine' | 'validate' | 'step' }>;

function trainLine(event: LiveEvent, columns: number): string {
  switch (event.type) {
    case 'decode':
      return progressLine(columns, 'Reading images', event.done / event.total, [
        `${event.done}/${event.total}`,
      ]);
    case 'teach':
      return progressLine(columns, 'Asking teachers', event.done / event.total, [
        `${event.done}/${event.total}`,
      ]);
    case 'mine':
      return progressLine(columns, `Looking for crops for ${event.stage}`, event.done / event.total, [
        `${event.done}/${event.total}`,
      ]);
    case 'validate':
      return progressLine(columns, 'Validating', event.done / event.total, [`${event.done}/${event.total}`]);
    case 'step':
      return progressLine(columns, `Epoch ${event.epoch}/${event.epochs}`, event.step / event.steps, [
        ...measureTexts(event.measures),
        throughput(event.imagesPerSecond),
        `${clock(event.secondsLeft)} left`,
        `step ${event.step}/${event.steps}`,
      ]);
  }
}

/** Follows a training on a terminal. */
export interface TrainProgress {
  show(event: TrainEvent): void;
  /** A line for people outside the stream of events. */
  say(line: string): void;
  /** Leaves the terminal clean; before anything else is written. */
  end(): void;
}

/** @param quiet nothing is shown. */
export function createTrainProgress(terminal: Terminal, quiet: boolean): TrainProgress {
  if (quiet) return { show() {}, say() {}, end() {} };
  const live = isLive(terminal.out) ? new LiveLine(terminal.out) : null;
  const say = (line: string) => (live ? live.print(line) : void terminal.out.write(`${line}\n`));
  return {
    say,
    show(event) {
      if (event.type === 'log') say(visibleLines(event.message));
      else if (event.type === 'warning') {
        const message = visibleLines(event.message);
        // Above the bar where both go to the same terminal; never mixed into results elsewhere.
        if (live && terminal.err.isTTY) live.print(`Warning: ${message}`);
        else terminal.err.write(`Warning: ${message}\n`);
      } else if (event.type === 'epoch') {
        live?.clear();
        say(epochLine(event));
      } else if (event.type !== 'start' && event.type !== 'done') {
        live?.update((columns) => trainLine(event, columns));
      }
    },
    end: () => live?.clear(),
  };
}

/** A bar on standard error for commands whose results go to standard output; silent where that is no terminal. */
export function createCountProgress(stream: Stream, label: string, quiet: boolean) {
  const live = !quiet && isLive(stream) ? new LiveLine(stream) : null;
  return {
    show(done: number, total: number): void {
      live?.update((columns) =>
        progressLine(columns, label, total > 0 ? done / total : 1, [`${done}/${total}`]),
      );
    },
    end: () => live?.clear(),
  };
}

/** A bar for a film on standard error: how far, and how fast; without a bar where its length isn't known. */
export function createVideoProgress(
  stream: Stream,
  quiet: boolean,
  now: () => number = () => performance.now() / 1000,
) {
  const live = !quiet && isLive(stream) ? new LiveLine(stream) : null;
  const began = now();
  return {
    show({ time, from, to, frames }: VideoEvent): void {
      live?.update((columns) => {
        const passed = Math.max(1e-3, now() - began);
        const speed = `${(frames / passed).toFixed(1)} frames/s`;
        if (to === null) return `Watching  ${clock(time)}  ${speed}`.slice(0, columns);
        const share = (time - from) / Math.max(1e-3, to - from);
        const left = share > 0 ? `${clock((passed / share) * (1 - share))} left` : '';
        return progressLine(columns, 'Watching', share, [`${clock(time)} of ${clock(to)}`, speed, left]);
      });
    },
    end: () => live?.clear(),
  };
}

/** Draws the reading and scoring of a split, on standard error, since results go to standard output. */
export function createSplitProgress(err: Stream, quiet: boolean) {
  const bars = {
    decode: createCountProgress(err, 'Reading images', quiet),
    search: createCountProgress(err, 'Looking for copies', quiet),
    predict: createCountProgress(err, 'Scoring', quiet),
    change: createCountProgress(err, 'Scoring changed images', quiet),
  };
  const end = () => {
    for (const bar of Object.values(bars)) bar.end();
  };
  const show = (event: EvaluateEvent) => {
    if (event.type !== 'log' && event.type !== 'warning') bars[event.type].show(event.done, event.total);
    else if (!quiet) {
      end();
      err.write(`${event.type === 'warning' ? 'Warning: ' : ''}${visibleLines(event.message)}\n`);
    }
  };
  return { show, end };
}
