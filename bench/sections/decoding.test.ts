import { expect, it } from 'vitest';
import { runContest } from '../contest.js';
import { decodingContest } from './decoding.js';

it('measures every decoder, after looking that all give the same pixels', async () => {
  const { rows } = await runContest(decodingContest(true), 1, () => {});
  expect(rows).toHaveLength(3);
  for (const { failure, summary } of rows) {
    expect(failure).toBeNull();
    expect(summary.ms!.median).toBeGreaterThan(0);
  }
});
