// The `ferlab` command: finds the command, runs it, and turns failures into messages and exit codes.

import { Command, CommanderError } from 'commander';
import { exitCodes, FerlabError } from '../errors.js';
import { visibleLines } from '../format/visible.js';
import { programVersion } from '../version.js';
import { type CommandSpec, describeCommand, shellLine } from './command.js';
import type { Terminal } from './terminal.js';

/** A command by its name; its options and its code are loaded when it is run, or asked for help. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandSpec>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'train',
    summary: 'train a model on a folder of class folders or fer2013.csv',
    load: async () => (await import('./commands/train.js')).trainCommand,
  },
  {
    name: 'evaluate',
    summary: 'score a model on labelled images',
    load: async () => (await import('./commands/evaluate.js')).evaluateCommand,
  },
  {
    name: 'predict',
    summary: 'find the faces in photographs and print their expressions, the most probable first',
    load: async () => (await import('./commands/predict.js')).predictCommand,
  },
  {
    name: 'explain',
    summary: 'show where a model looks in a face',
    load: async () => (await import('./commands/explain.js')).explainCommand,
  },
  {
    name: 'serve',
    summary: 'answer HTTP requests with the expressions in images, until it is stopped',
    load: async () => (await import('./commands/serve.js')).serveCommand,
  },
  {
    name: 'studio',
    summary: 'open a page in which faces are recognised, from pictures, films and a webcam',
    load: async () => (await import('./commands/studio.js')).studioCommand,
  },
  {
    name: 'crop',
    summary: 'make a dataset of face crops of one of photographs',
    load: async () => (await import('./commands/crop.js')).cropCommand,
  },
  {
    name: 'detect',
    summary: 'print where the faces in photographs are',
    load: async () => (await import('./commands/detect.js')).detectCommand,
  },
  {
    name: 'video',
    summary: 'follow the people in a film, and their expressions over time',
    load: async () => (await import('./commands/video.js')).videoCommand,
  },
  {
    name: 'calibrate',
    summary: "fit a temperature, so that a model's probabilities are right as often as they say",
    load: async () => (await import('./commands/calibrate.js')).calibrateCommand,
  },
  {
    name: 'export',
    summary: 'write a model file with its weights in half precision, about half as large',
    load: async () => (await import('./commands/export.js')).exportCommand,
  },
  {
    name: 'import',
    summary: 'make a model file of one that Keras or another program wrote',
    load: async () => (await import('./commands/import.js')).importCommand,
  },
  {
    name: 'sample',
    summary: 'write a dataset of drawn faces to try things on',
    load: async () => (await import('./commands/sample.js')).sampleCommand,
  },
  {
    name: 'audit',
    summary: 'look for duplicates, leaks, conflicting labels and odd images in a dataset',
    load: async () => (await import('./commands/audit.js')).auditCommand,
  },
  {
    name: 'faces',
    summary: 'train a detector of faces on labelled photographs',
    load: async () => (await import('./commands/faces.js')).facesCommand,
  },
  {
    name: 'models',
    summary: 'list the presets, with the parameters and the cost of their networks',
    load: async () => (await import('./commands/models.js')).modelsCommand,
  },
  {
    name: 'report',
    summary: "write a finished run's report again, without the dataset's images",
    load: async () => (await import('./commands/report.js')).reportCommand,
  },
];

/** Exit code when the reader of our output has gone, as in `ferlab predict ... | head`: that of SIGPIPE. */
const brokenPipe = 128 + 13;

async function buildProgram(
  argv: readonly string[],
  terminal: Terminal,
  finish: (code: number) => void,
): Promise<Command> {
  const commandLine = shellLine(['ferlab', ...argv]);
  const program = new Command('ferlab')
    .description('Facial expression recognition: train, evaluate and use convolutional networks.')
    .version(programVersion, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', "print a command's help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => terminal.out.columns ?? 100,
      getErrHelpWidth: () => terminal.err.columns ?? 100,
      outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
    });
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(summary);
    if (argv.includes(name)) describeCommand(command, await load(), { terminal, commandLine }, finish);
  }
  return program;
}

function report(error: unknown, terminal: Terminal, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const known = error instanceof FerlabError;
  if (known && error.kind === 'interrupted') {
    terminal.err.write(`${visibleLines(error.message)}\n`);
    return error.exitCode;
  }
  const message = visibleLines(error instanceof Error ? error.message : String(error));
  terminal.err.write(
    known ? `Error: ${message}\n` : `Error: ${message}\nThis is a fault of ferlab; --debug shows where.\n`,
  );
  if (debug) terminal.err.write(`${error instanceof Error ? describeStack(error) : message}\n`);
  return known ? error.exitCode : exitCodes.internal;
}

/** The stack of an error and of what caused it. */
function describeStack(error: Error): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${describeStack(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

/** A reader that goes away (`| head`) ends the program without a word. */
function endOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(brokenPipe);
      throw error;
    });
  }
}

/**
 * Runs one command line.
 * @param argv without node and script: `['train', 'faces']`.
 * @returns the exit code; nothing is thrown. Codes are those of src/errors.ts.
 */
export async function main(
  argv: readonly string[],
  terminal: Terminal = { out: process.stdout, err: process.stderr },
): Promise<number> {
  if (terminal.out === process.stdout && process.stdout.listenerCount('error') === 0) endOnBrokenPipe();
  let exitCode = 0;
  const program = await buildProgram(argv, terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, terminal, argv.includes('--debug'));
  }
}
