import { expect, it } from 'vitest';
import { copyGroups } from './groups.js';

it('joins exact and near copies, and chains of them', () => {
  // 1 is an exact copy of 0, 4 of 3; 0, 3 and 5 show one photograph, 6 and 2 another.
  const near = [
    { first: 3, second: 5 },
    { first: 0, second: 5 },
    { first: 2, second: 6 },
  ];
  expect([...copyGroups([0, 0, 2, 3, 3, 5, 6, 7], near)]).toEqual([0, 0, 2, 0, 0, 0, 2, 7]);
});
