import { expect, it } from 'vitest';
import { sha256 } from './sha256.js';

it('gives the digests of FIPS 180-4', () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect([sha256(new Uint8Array(0)), sha256(Buffer.from('abc'))]).toEqual([empty, abc]);
});
