import { expect, it } from 'vitest';
import { programVersion } from '../../src/version.js';
import { readText } from './sources.js';

it("the version of the sources is the package's", () => {
  expect(programVersion).toBe(JSON.parse(readText('package.json')).version);
});
