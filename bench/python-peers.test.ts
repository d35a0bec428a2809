import { afterEach, expect, it } from 'vitest';
import { pythonPeer } from './python-peers.js';

const variable = 'FERLAB_BENCH_KERAS_PYTHON';
const before = process.env[variable];
afterEach(() => {
  if (before === undefined) delete process.env[variable];
  else process.env[variable] = before;
});

it("uses the user's interpreter instead of making an environment", async () => {
  process.env[variable] = 'no-such-python-anywhere';
  const peer = pythonPeer({ name: 'keras', packages: ['keras'], install: true });
  await expect(peer.versions()).rejects.toThrow("no-such-python-anywhere can't be started");
});
