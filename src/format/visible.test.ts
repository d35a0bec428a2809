import { expect, it } from 'vitest';
import { visible, visibleLines } from './visible.js';

it('shows what a terminal would act on, and leaves every letter as it is', () => {
  expect(visible('\u001b[2Jface\u0007.jpg')).toBe('\\u001b[2Jface\\u0007.jpg');
  expect(visible('a\nb\r\tc\u009b\u007f')).toBe('a\\nb\\u000d\\u0009c\\u009b\\u007f');
  expect(visible('gpj.\u202eface')).toBe('gpj.\\u202eface');
  for (const name of ['fröhlich 1.jpg', '嬉しい.png', 'شاد.png', '👩‍🚀.png', 'C:\\faces\\a.jpg'])
    expect(visible(name)).toBe(name);
});

it('keeps the lines of longer text', () => {
  expect(visibleLines('a\u001b:\nb')).toBe('a\\u001b:\nb');
});
