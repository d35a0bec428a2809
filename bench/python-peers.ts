// The Python environments of Keras, PyTorch, LitServe, BentoML and the detectors of faces: made once, from pinned requirements,
// in a folder that git ignores; or an interpreter that the user names.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { benchFile, cache } from './checkout.js';
import { Unavailable, type Versions } from './contest.js';
import { type ProgramOptions, runForJson, runProgram } from './process.js';

export interface PythonPeer {
  /** The versions of its packages. Makes the environment first. Throws Unavailable where that can't be. */
  versions(): Promise<Versions>;
  /** Runs a script of bench/peers and gives the object that it prints. */
  run<T>(script: string, args: readonly string[], timeoutMinutes?: number): Promise<T>;
}

export interface PythonPeerOptions {
  /** Names the requirements (`requirements-<name>.txt`) and the environment. */
  readonly name: 'keras' | 'torch' | 'faces' | 'litserve' | 'bentoml';
  /** Packages whose versions the report lists. */
  readonly packages: readonly string[];
  /** Whether an environment may be made. */
  readonly install: boolean;
  /** Whether the requirements are all that is installed. */
  readonly withoutDependencies?: boolean;
}

const oldestPython = [3, 11] as const;
const programOptions: ProgramOptions = { environment: { PYTHONDONTWRITEBYTECODE: '1' } };

/** The variable that names an interpreter to use instead: FERLAB_BENCH_KERAS_PYTHON and so on. */
const interpreterVariable = (name: string): string => `FERLAB_BENCH_${name.toUpperCase()}_PYTHON`;

export function pythonPeer({
  name,
  packages,
  install,
  withoutDependencies = false,
}: PythonPeerOptions): PythonPeer {
  let ready: Promise<string> | null = null;
  const interpreter = (): Promise<string> => {
    ready ??= findInterpreter(name, install, withoutDependencies);
    return ready;
  };
  return {
    async versions() {
      const python = await interpreter();
      const code =
        'import importlib.metadata as m, json, platform, sys; ' +
        'print(json.dumps({**{p: m.version(p) for p in sys.argv[1:]}, "python": platform.python_version()}))';
      return runForJson<Versions>(python, ['-c', code, ...packages], programOptions);
    },
    async run(script, args, timeoutMinutes = 60) {
      const options = { ...programOptions, timeoutMinutes };
      return runForJson(await interpreter(), [benchFile('peers', script), ...args], options);
    },
  };
}

async function findInterpreter(
  name: string,
  install: boolean,
  withoutDependencies: boolean,
): Promise<string> {
  const given = process.env[interpreterVariable(name)];
  if (given) return given;
  const requirements = benchFile('peers', `requirements-${name}.txt`);
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const folder = path.join(cache, `python-${name}`);
  const stamp = path.join(folder, '.ferlab-requirements');
  const python = path.join(
    folder,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return python;
  if (!install) {
    throw new Unavailable(`its Python environment isn't there yet, and --quick installs nothing`);
  }
  rmSync(folder, { recursive: true, force: true });
  await makeEnvironment(await findPython(), folder);
  try {
    await runProgram(python, [
      '-m',
      'pip',
      'install',
      '--disable-pip-version-check',
      '--no-input',
      ...(withoutDependencies ? ['--no-deps'] : []),
      '-r',
      requirements,
    ]);
  } catch (error) {
    throw new Unavailable(`its packages can't be installed: ${(error as Error).message}`);
  }
  writeFileSync(stamp, hash);
  return python;
}

/** The first Python on the path that is new enough. */
async function findPython(): Promise<string> {
  const wanted = oldestPython.join('.');
  const found: string[] = [];
  for (const command of ['python3', 'python']) {
    try {
      const code = 'import json, sys; print(json.dumps(list(sys.version_info[:2])))';
      const [major, minor] = await runForJson<[number, number]>(command, ['-c', code]);
      if (major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1])) return command;
      found.push(`${command} is ${major}.${minor}`);
    } catch {
      found.push(`no ${command}`);
    }
  }
  throw new Unavailable(`it needs Python ${wanted} or newer, found ${found.join(', ')}`);
}

async function makeEnvironment(python: string, folder: string): Promise<void> {
  try {
    await runProgram(python, ['-m', 'venv', folder]);
  } catch (error) {
    throw new Unavailable(`its Python environment can't be made: ${(error as Error).message}`);
  }
}
