// `node scripts/record.js DATASET OUT [--device cuda] [--epochs 300] [--seeds 3] [--minutes N]`: the trainings for the record of one
// network without extra data, one after the other, each resumed where it was stopped: `large` from several seeds, then a student
// of their mean. Everything is chosen on the validation images. At the end one table: every model, alone and with ten crops. For developers, and a
// GPU: on a processor this takes weeks. --preset, --student and --epochs are there to try the plan itself.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const program = fileURLToPath(new URL('../bin/ferlab.js', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'cuda' },
    epochs: { type: 'string', default: '300' },
    seeds: { type: 'string', default: '3' },
    preset: { type: 'string', default: 'large' },
    /** Of the student; more images a second than its teachers need. */
    student: { type: 'string', default: 'large' },
    /** Minutes, after which no further training is started. */
    minutes: { type: 'string' },
  },
});
const [dataset, out] = positionals;
if (out === undefined) throw new Error('expected a dataset and a folder for the runs');
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const started = Date.now();
fs.mkdirSync(out, { recursive: true });
const log = fs.openSync(path.join(out, 'record.log'), 'a');

function ferlab(...parts) {
  const line = `ferlab ${parts.join(' ')}`;
  fs.writeSync(log, `${new Date().toISOString()} ${line}\n`);
  console.log(line);
  const { status, stdout } = spawnSync(process.execPath, [program, ...parts], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  fs.writeSync(log, stdout);
  if (status !== 0) throw new Error(`${line} ended with ${status}`);
  return stdout.toString();
}

/** Trains, or goes on with a training that was stopped; null where there is no time left to begin. */
function train(name, ...options) {
  const folder = path.join(out, name);
  const model = path.join(folder, 'last.onnx');
  if (fs.existsSync(path.join(folder, 'report.json'))) return model;
  if (fs.existsSync(path.join(folder, 'last.safetensors'))) {
    ferlab('train', '--resume', folder);
    return model;
  }
  if (values.minutes !== undefined && Date.now() - started > Number(values.minutes) * 60_000) return null;
  const shared = ['--epochs', values.epochs, '--device', values.device, '--no-restore-best'];
  ferlab('train', dataset, '--out', folder, ...shared, ...options);
  return model;
}

const teachers = seeds.flatMap((seed) => {
  const model = train(`${values.preset}-${seed}`, '--preset', values.preset, '--seed', `${seed}`);
  return model === null ? [] : [model];
});
const asked = teachers.length > 0 ? ['--teacher', teachers.join(',')] : [];
const student = train('student', '--preset', values.student, '--seed', '9', ...asked);

const rows = [];
function score(name, file, ...more) {
  for (const tta of ['none', 'flip', 'ten-crop']) {
    const options = ['--device', values.device, '--tta', tta, '--json', ...more];
    try {
      const { accuracy, accuracyInterval } = JSON.parse(ferlab('evaluate', file, dataset, ...options));
      rows.push({ name, tta, accuracy, accuracyInterval });
    } catch (error) {
      console.error(`${name} with ${tta}: ${error.message}`);
    }
  }
}
for (const file of teachers) score(path.basename(path.dirname(file)), file);
const [first, ...others] = teachers;
if (others.length > 0) score('their mean', first, ...others.flatMap((file) => ['--with', file]));
if (student !== null) score('student', student);
fs.writeFileSync(path.join(out, 'scores.json'), `${JSON.stringify(rows, null, 2)}\n`);
for (const { name, tta, accuracy } of rows) console.log(`${(100 * accuracy).toFixed(2)}%  ${name}, ${tta}`);
