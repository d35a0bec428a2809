import { describe, expect, it } from 'vitest';
import { escapeXml } from './xml.js';

describe('escapeXml', () => {
  it('escapes what XML reserves and replaces what it forbids', () => {
    expect(escapeXml(`<a b="c">&'`)).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&apos;');
    expect(escapeXml('a\u0000b\u001bc\ud800')).toBe('a\ufffdb\ufffdc\ufffd');
    expect(escapeXml('tab\t and 😀')).toBe('tab\t and 😀');
  });
});
