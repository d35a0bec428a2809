// The `ferlab` command: finds the command, runs it, and turns failures into messages and exit codes.

import { Command, CommanderError } from 'commander';
import { exitCodes, FerlabError } from '../errors.js';
import { programVersion } from '../version.js';
import { addCommand, type CommandSpec, shellLine } from './command.js';
import { auditCommand } from './commands/audit.js';
import { calibrateCommand } from './commands/calibrate.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { modelsCommand } from './commands/models.js';
import { predictCommand } from './commands/predict.js';
import { reportCommand } from './commands/report.js';
import { sampleCommand } from './commands/sample.js';
import { trainCommand } from './commands/train.js';
import type { Terminal } from './terminal.js';

export const commands: readonly CommandSpec[] = [
  trainCommand,
  evaluateCommand,
  predictCommand,
  calibrateCommand,
  exportCommand,
  sampleCommand,
  auditCommand,
  modelsCommand,
  reportCommand,
];

/** Exit code when the reader of our output has gone, as in `ferlab predict ... | head`: that of SIGPIPE. */
const brokenPipe = 128 + 13;

function buildProgram(argv: readonly string[], terminal: Terminal, finish: (code: number) => void): Command {
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
  for (const spec of commands) addCommand(program, spec, { terminal, commandLine }, finish);
  return program;
}

function report(error: unknown, terminal: Terminal, debug: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const known = error instanceof FerlabError;
  if (known && error.kind === 'interrupted') {
    terminal.err.write(`${error.message}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
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
  const program = buildProgram(argv, terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, terminal, argv.includes('--debug'));
  }
}
