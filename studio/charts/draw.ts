// Asks the worker of charts for a plot.

import type { PlotName, PlotReply, PlotRequest, Plots } from './worker.js';

let worker: Worker | null = null;
let next = 1;
const waiting = new Map<number, { resolve(svg: string): void; reject(error: Error): void }>();

function start(): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'charts' });
  started.onmessage = ({ data }: MessageEvent<PlotReply>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('svg' in data) call?.resolve(data.svg);
    else call?.reject(new Error(data.error));
  };
  started.onerror = (event) => {
    event.preventDefault();
    started.terminate();
    worker = null;
    for (const call of waiting.values()) call.reject(new Error('The chart could not be drawn.'));
    waiting.clear();
  };
  return started;
}

/** A plot as an SVG document, in the colours of the theme. */
export function drawPlot<Name extends PlotName>(
  plot: Name,
  input: Parameters<Plots[Name]>[0],
  theme: 'light' | 'dark',
): Promise<string> {
  worker ??= start();
  const id = next++;
  const request: PlotRequest = { id, plot, input, theme };
  worker.postMessage(request);
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
  });
}
