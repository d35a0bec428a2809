import { describe, expect, it } from 'vitest';
import { runForJson, runProgram } from './process.js';

const node = (code: string, minutes?: number) =>
  runForJson(process.execPath, ['-e', code], minutes === undefined ? {} : { timeoutMinutes: minutes });

describe('a program', () => {
  it('is read by the last line that it prints', async () => {
    expect(await node('console.log("warming up"); console.log(JSON.stringify({ rate: 3 }))')).toEqual({
      rate: 3,
    });
  });

  it('that fails is reported by the last line of its messages', async () => {
    await expect(node('console.error("a\\nno memory"); process.exit(3)')).rejects.toThrow(
      'ended with 3: no memory',
    );
  });

  it('that prints no JSON is reported with what it printed', async () => {
    await expect(node('console.log("done")')).rejects.toThrow('found "done"');
  });

  it('that takes too long is ended', async () => {
    await expect(node('setInterval(() => {}, 1000)', 0.5 / 60)).rejects.toThrow('more than');
  });

  it('that is not there is reported', async () => {
    await expect(runProgram('no-such-program-anywhere', [])).rejects.toThrow("can't be started");
  });

  it('is timed until its first line, not until its end', async () => {
    const code = 'console.log("ready"); setTimeout(() => {}, 400)';
    const start = performance.now();
    const { firstLineSeconds } = await runProgram(process.execPath, ['-e', code]);
    expect(firstLineSeconds).toBeLessThan((performance.now() - start) / 1000 - 0.2);
  });
});
