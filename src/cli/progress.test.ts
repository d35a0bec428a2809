import { describe, expect, it } from 'vitest';
import type { TrainEvent } from '../train/loop/events.js';
import { createCountProgress, createTrainProgress, progressLine } from './progress.js';
import { LiveLine, type Stream } from './terminal.js';

function recorder(tty: boolean, columns = 80): Stream & { text: string; writes: number } {
  return {
    isTTY: tty,
    columns,
    text: '',
    writes: 0,
    write(text: string) {
      this.text += text;
      this.writes++;
    },
  };
}

/** The lines that a terminal shows after `text`, by the control sequences that drawing uses. */
function screen(text: string): string[] {
  const lines = [''];
  let [row, column] = [0, 0];
  for (const [part, code, key] of text
    .replaceAll('\u001b', '\ue000')
    .matchAll(/\ue000\[([?\d;]*)([A-Za-z])|./gs)) {
    const line = lines[row]!;
    const times = Number(code) || 1;
    if (part === '\n') {
      row++;
      column = 0;
      lines[row] ??= '';
    } else if (part === '\r') column = 0;
    else if (key === undefined) {
      lines[row] = line.slice(0, column).padEnd(column) + part + line.slice(column + 1);
      column++;
    } else if (key === 'A') row = Math.max(0, row - times);
    else if (key === 'B') row = Math.min(lines.length - 1, row + times);
    else if (key === 'G') column = times - 1;
    else if (key === 'K') lines[row] = code === '2' ? '' : line.slice(0, column);
    else if (!(code ?? '').startsWith('?')) throw new Error(`a terminal that knows ${JSON.stringify(part)}`);
  }
  return lines;
}

const step: TrainEvent = {
  type: 'step',
  epoch: 2,
  epochs: 9,
  step: 50,
  steps: 100,
  measures: { loss: 1.23456, accuracy: 0.512 },
  imagesPerSecond: 151.7,
  secondsLeft: 754,
};
const epoch: TrainEvent = {
  type: 'epoch',
  epochs: 9,
  best: true,
  row: {
    epoch: 2,
    learningRate: 0.001,
    measures: { loss: 1.2, accuracy: 0.5, valLoss: 1.3, valAccuracy: 0.456 },
    seconds: 61,
    imagesPerSecond: 150,
    dataWait: 0.012,
  },
};

describe('progressLine', () => {
  const facts = ['loss 1.2346', 'accuracy 51.2%', '152 images/s', '12:34 left'];

  it('fits into any width, leaving out the last facts first', () => {
    for (let columns = 1; columns <= 140; columns++) {
      expect(progressLine(columns, 'Epoch 2/9', 0.5, facts).length).toBeLessThanOrEqual(columns);
    }
    expect(progressLine(140, 'Epoch 2/9', 0.5, facts)).toContain('12:34 left');
    expect(progressLine(60, 'Epoch 2/9', 0.5, facts)).toContain('loss 1.2346');
    expect(progressLine(60, 'Epoch 2/9', 0.5, facts)).not.toContain('12:34 left');
  });

  it('fills the bar by the share that is done', () => {
    const halves = progressLine(200, 'x', 0.5, [])
      .match(/█+|░+/g)
      ?.map((run) => run.length);
    expect(halves).toEqual([15, 15]);
    expect(progressLine(200, 'x', 1, [])).not.toContain('░');
  });
});

describe('training progress on a terminal', () => {
  it('draws loss, accuracy, speed and time left in one line of the terminal', () => {
    const out = recorder(true, 100);
    createTrainProgress({ out, err: recorder(true) }, false).show(step);
    const [line] = screen(out.text);
    expect(line).toMatch(
      /^Epoch 2\/9 {2}█+░+ {2}loss 1\.2346 {2}accuracy 51\.2% {2}152 images\/s {2}12:34 left/,
    );
    expect(screen(out.text)).toEqual([line, '']);
    expect(line?.length).toBeLessThan(100);
  });

  it('leaves one line per epoch and nothing of the bar', () => {
    const out = recorder(true);
    const progress = createTrainProgress({ out, err: recorder(true) }, false);
    progress.show(step);
    progress.show({ type: 'log', message: 'hello' });
    progress.show(epoch);
    progress.end();
    const lines = screen(out.text);
    expect(lines[0]).toBe('hello');
    expect(lines[1]).toMatch(/^Epoch 2\/9 .*val_accuracy 45\.6%.*waiting for data 1\.2% {2}1:01 {2}best$/);
    expect(lines.slice(2)).toEqual(['']);
  });
});

describe('training progress elsewhere', () => {
  it('prints one plain line per epoch', () => {
    const out = recorder(false);
    const progress = createTrainProgress({ out, err: recorder(false) }, false);
    for (let i = 0; i < 50; i++) progress.show(step);
    progress.show(epoch);
    progress.end();
    expect(out.text.split('\n')).toHaveLength(2);
    expect(out.text).not.toContain('\r');
    expect(out.text).not.toContain('\u001b');
  });

  it('sends warnings to standard error', () => {
    const [out, err] = [recorder(false), recorder(false)];
    createTrainProgress({ out, err }, false).show({ type: 'warning', message: 'careful' });
    expect([out.text, err.text]).toEqual(['', 'Warning: careful\n']);
  });

  it('says nothing when quiet', () => {
    const [out, err] = [recorder(true), recorder(true)];
    const progress = createTrainProgress({ out, err }, true);
    for (const event of [step, epoch, { type: 'warning', message: 'w' } as const]) progress.show(event);
    progress.say('hello');
    expect(out.text + err.text).toBe('');
  });
});

describe('LiveLine', () => {
  it('redraws at most ten times a second, each in one write', () => {
    const out = recorder(true);
    let now = 0;
    const line = new LiveLine(out, () => now);
    for (let i = 0; i < 1000; i++) {
      now = i;
      line.update(() => `at ${i}`);
    }
    expect(out.writes).toBe(10);
    expect(screen(out.text)).toEqual(['at 900', '']);
  });

  it('prints lines above, and leaves nothing behind', () => {
    const out = recorder(true);
    const line = new LiveLine(out);
    line.print('before');
    line.update((columns) => 'x'.repeat(columns));
    line.print('between');
    expect(screen(out.text)).toEqual(['before', 'between', 'x'.repeat(79), '']);
    line.clear();
    expect(screen(out.text)).toEqual(['before', 'between', '', '']);
    line.print('after');
    expect(screen(out.text).slice(0, 3)).toEqual(['before', 'between', 'after']);
  });
});

describe('createCountProgress', () => {
  it('is silent where standard error is no terminal', () => {
    const err = recorder(false);
    createCountProgress(err, 'Scoring', false).show(1, 2);
    expect(err.text).toBe('');
  });
});
