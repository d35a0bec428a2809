import { describe, expect, it } from 'vitest';
import { code, codeBlock, image, plain } from './markdown.js';

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
