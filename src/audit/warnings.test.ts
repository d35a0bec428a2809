import { describe, expect, it } from 'vitest';
import type { AuditResult } from './types.js';
import { describeUnlike } from './warnings.js';

describe('describeUnlike', () => {
  const result = (count: number | null) =>
    ({ unlikeTheOthers: [{ file: 'a/1.png' }], unlikeCount: count }) as AuditResult;

  it('warns where there are any', () => {
    expect(describeUnlike(result(null))).toEqual([]);
    expect(describeUnlike(result(0))).toEqual([]);
    expect(describeUnlike(result(1))).toEqual([
      expect.stringMatching(/^1 image looks unlike.*a\/1\.png the most/),
    ]);
    expect(describeUnlike(result(2))[0]).toMatch(/^2 images look/);
  });
});
