import { expect, it } from 'vitest';
import { type Comparison, type Contest, type Contestant, runContest, Unavailable } from './contest.js';

const comparison: Comparison = {
  against: 'ours',
  label: 'we are better by',
  sense: 'againstIsBetter',
  format: 'times',
  metrics: ['rate', 'time'],
};

function contestOf(contestants: readonly Contestant[], changes: Partial<Contest> = {}): Contest {
  return {
    id: 'race',
    title: 'Race',
    notes: [],
    metrics: [
      { key: 'rate', label: 'rate', unit: '1/s', better: 'higher' },
      { key: 'time', label: 'time', unit: 's', better: 'lower' },
    ],
    comparison,
    contestants,
    ...changes,
  };
}

/** Gives one of `rates` a round, and notes its turns. */
function runner(name: string, rates: readonly number[], turns: string[] = []): Contestant {
  let round = 0;
  return {
    name,
    versions: async () => ({ [name]: '1.0' }),
    async round() {
      turns.push(name);
      const rate = rates[round++]!;
      return { rate, time: 1 / rate };
    },
  };
}

const silent = () => {};

it('goes through all contestants in each round, another one first each time', async () => {
  const turns: string[] = [];
  const contestants = ['a', 'b', 'c'].map((name) => runner(name, [1, 1, 1], turns));
  await runContest(contestOf(contestants), 3, silent);
  expect(turns.join('')).toBe('abcbcacab');
});

it('summarizes each metric and compares round by round', async () => {
  // Everything is half as fast in the second round: the ratios of the rounds stay 2, 2 and 4.
  const contest = contestOf([runner('ours', [80, 40, 80]), runner('peer', [40, 20, 20])]);
  const { rows } = await runContest(contest, 3, silent);
  const [ours, peer] = rows;
  expect(ours?.summary.rate).toEqual({ median: 80, min: 40, max: 80 });
  expect(ours?.ratios).toEqual({});
  expect(peer?.ratios).toEqual({ rate: 2, time: 2 });
  expect(peer?.versions).toEqual({ peer: '1.0' });
  expect(peer?.samples).toHaveLength(3);
});

it('gives the ratio of a row to the first, where that is asked', async () => {
  const contest = contestOf([runner('ours', [10]), runner('peer', [4])], {
    comparison: { ...comparison, sense: 'rowIsBetter' },
  });
  const { rows } = await runContest(contest, 1, silent);
  expect(rows[1]?.ratios.rate).toBeCloseTo(0.4);
  expect(rows[1]?.ratios.time).toBeCloseTo(0.4);
});

it('compares with one metric of the other row, where that is asked', async () => {
  const limit: Contestant = { name: 'ours', versions: async () => ({}), round: async () => ({ rate: 200 }) };
  const operator: Contestant = { ...limit, name: 'op', round: async () => ({ rate: 100, backward: 50 }) };
  const contest = contestOf([limit, operator], {
    metrics: ['rate', 'backward'].map((key) => ({ key, label: key, unit: 'GB/s', better: 'higher' })),
    comparison: {
      ...comparison,
      sense: 'rowIsBetter',
      metrics: ['rate', 'backward'],
      againstMetric: 'rate',
    },
  });
  const { rows } = await runContest(contest, 1, silent);
  expect(rows[1]?.ratios).toEqual({ rate: 0.5, backward: 0.25 });
});

it('lets the rest go on without one who cannot take part, and keeps the reason', async () => {
  const turns: string[] = [];
  const missing: Contestant = {
    ...runner('missing', [], turns),
    versions: () => Promise.reject(new Unavailable('no Python')),
  };
  const said: string[] = [];
  const contest = contestOf([missing, runner('ours', [1, 2], turns)]);
  const { rows } = await runContest(contest, 2, (message) => said.push(message));
  expect(turns).toEqual(['ours', 'ours']);
  expect(rows[0]).toMatchObject({ failure: 'no Python', samples: [], summary: {} });
  expect(rows[1]?.failure).toBeNull();
  expect(said.join('\n')).toContain('missing takes no part: no Python');
});

it('keeps what was measured before a contestant failed', async () => {
  let round = 0;
  const frail: Contestant = {
    name: 'frail',
    versions: async () => ({}),
    async round() {
      if (round++ === 1) throw new Error('out of memory');
      return { rate: 5 };
    },
  };
  const { rows } = await runContest(contestOf([runner('ours', [10, 10, 10]), frail]), 3, silent);
  expect(rows[1]).toMatchObject({ failure: 'out of memory', samples: [{ rate: 5 }], ratios: { rate: 2 } });
  expect(round).toBe(2);
});

it('keeps the figure that is drawn from the rows, and none where there is nothing to draw', async () => {
  const figure = { name: 'race', title: 'Race', x: 'rounds', y: 'share', lines: [] };
  const seen: string[] = [];
  const drawn = contestOf([runner('ours', [1])], {
    async figure(rows) {
      seen.push(...rows.map(({ name }) => name));
      return figure;
    },
  });
  expect(await runContest(drawn, 1, silent)).toMatchObject({ figure });
  expect(seen).toEqual(['ours']);
  const undrawn = contestOf([runner('ours', [1])], { figure: async () => null });
  expect(await runContest(undrawn, 1, silent)).not.toHaveProperty('figure');
});
