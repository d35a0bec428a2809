import { describe, expect, it } from 'vitest';
import { channelBlock } from './channel-block.js';

describe('channelBlock', () => {
  it.runIf(process.arch === 'x64')('finds blocks of 8 or 16 channels on x64', async () => {
    expect([8, 16]).toContain(await channelBlock('cpu'));
  });

  it('finds none for a GPU', async () => {
    expect(await channelBlock('webgpu')).toBeNull();
    expect(await channelBlock('cuda')).toBeNull();
  });
});
