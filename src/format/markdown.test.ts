import { describe, expect, it } from 'vitest';
import { bytes, code, codeBlock, count, duration, flops, image, percent, plain } from './markdown.js';

describe('Markdown', () => {
  it('shows text as it is', () => {
    expect(plain('a_b *c* <d> [e] `f`\ng')).toBe('a\\_b \\*c\\* \\<d\\> \\[e\\] \\`f\\` g');
  });

  it('fences code by more backticks than it contains', () => {
    expect(code('a`b')).toBe('``a`b``');
    expect(code('`')).toBe('`` ` ``');
    expect(codeBlock('x\n```\ny\n', 'sh')).toBe('````sh\nx\n```\ny\n````');
  });

  it('links images with odd names', () => {
    expect(image('Loss', 'a b.svg')).toBe('![Loss](a%20b.svg)');
  });
});

describe('numbers', () => {
  it.each([
    [percent(0.6492), '64.9%'],
    [percent(Number.NaN), 'not a number'],
    [count(28709), '28,709'],
    [duration(4.26), '4.3 s'],
    [duration(59.7), '60 s'],
    [duration(119.6), '2 min 0 s'],
    [duration(3599.9), '1 h 0 min'],
    [duration(4321), '1 h 12 min'],
    [bytes(1.42e9), '1.42 GB'],
    [bytes(5_600_000), '5.6 MB'],
    [flops(116.4e6), '116 MFLOP'],
    [flops(1.8e9), '1.80 GFLOP'],
  ])('%s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
