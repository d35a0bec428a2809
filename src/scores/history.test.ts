import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FerlabError } from '../errors.js';
import type { HistoryRow } from './history.js';
import {
  historyRecord,
  historyToCsv,
  historyToJson,
  kerasName,
  measureName,
  readHistory,
} from './history.js';

const value = fc.double({ noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x));
const history: fc.Arbitrary<HistoryRow[]> = fc
  .array(
    fc.record({
      learningRate: value,
      measures: fc.record({ loss: value, accuracy: value, valLoss: value, valAccuracy: value }),
      seconds: value,
      imagesPerSecond: value,
      dataWait: value,
    }),
    { maxLength: 6 },
  )
  .map((rows) => rows.map((row, i) => ({ epoch: i + 1, ...row })));

describe('history files', () => {
  it('read back from JSON as they were, NaN too', () => {
    fc.assert(
      fc.property(history, (rows) => {
        expect(readHistory(historyToJson(rows))).toEqual(rows);
      }),
    );
  });

  it('have the same numbers in CSV', () => {
    fc.assert(
      fc.property(history, (rows) => {
        const read = parse(historyToCsv(rows), { columns: true }) as Record<string, string>[];
        const numbers = read.map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, text]) => [name, Number(text)])),
        );
        expect(numbers).toEqual(rows.map(historyRecord));
      }),
    );
  });

  it('start with a header, one row per line', () => {
    const row: HistoryRow = {
      epoch: 1,
      learningRate: 0.5,
      measures: { loss: 2, accuracy: 0.25, valLoss: Number.NaN, valAccuracy: 0.5 },
      seconds: 3,
      imagesPerSecond: 4,
      dataWait: 0,
    };
    expect(historyToCsv([row])).toBe(
      'epoch,learning_rate,loss,accuracy,val_loss,val_accuracy,seconds,images_per_second,data_wait\n' +
        '1,0.5,2,0.25,NaN,0.5,3,4,0\n',
    );
    expect(historyToJson([row])).toBe(
      '[\n  {"epoch":1,"learning_rate":0.5,"loss":2,"accuracy":0.25,"val_loss":null,"val_accuracy":0.5,' +
        '"seconds":3,"images_per_second":4,"data_wait":0}\n]\n',
    );
    expect([historyToCsv([]), historyToJson([])]).toEqual(['', '[]\n']);
  });

  it("call measures by Keras's names", () => {
    for (const [name, keras] of [
      ['loss', 'loss'],
      ['valBoxLoss', 'val_box_loss'],
    ] as const) {
      expect(kerasName(name)).toBe(keras);
      expect(measureName(keras)).toBe(name);
    }
  });
});

describe('readHistory refuses', () => {
  const row =
    '{"epoch":1,"learning_rate":0,"loss":0,"accuracy":0,"val_loss":0,"val_accuracy":0,"seconds":0,"images_per_second":0,"data_wait":0}';

  it.each([
    ['a truncated file', `[${row},`, /expected JSON/],
    ['something else', '{}', /at the top/],
    ['a row that lacks a field', '[{"epoch":1}]', /at 0\.learning_rate/],
    ['text for a number', `[${row.replace('"loss":0', '"loss":"0"')}]`, /at 0\.loss/],
    ['an epoch that comes twice', `[${row},${row}]`, /epochs must rise, but 1 follows 1/],
  ])('%s', (_, json, message) => {
    expect(() => readHistory(json, 'runs/a/history.json')).toThrow(FerlabError);
    expect(() => readHistory(json, 'runs/a/history.json')).toThrow(message);
    expect(() => readHistory(json, 'runs/a/history.json')).toThrow(/^runs\/a\/history\.json: /);
  });
});
