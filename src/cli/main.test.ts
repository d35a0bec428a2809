import { describe, expect, it } from 'vitest';
import { resolveTrainConfig, settingPaths } from '../train/config/config.js';
import { programVersion } from '../version.js';
import { optionKey } from './command.js';
import { commands, main } from './main.js';
import { describedTrainOptions, settableSettings, trainOverrides } from './train-options.js';

async function ferlab(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    columns: 120,
    write: (part: string) => {
      text[name] += part;
    },
  });
  const code = await main(argv, { out: stream('out'), err: stream('err') });
  return { code, ...text };
}

describe('the command line', () => {
  it('prints its version', async () => {
    expect(await ferlab('--version')).toEqual({ code: 0, out: `${programVersion}\n`, err: '' });
  });

  it('helps: every command with its options, defaults and examples', async () => {
    const help = await ferlab('--help');
    expect(help.code).toBe(0);
    for (const { name, load } of commands) {
      const { options, examples } = await load();
      expect(help.out).toContain(name);
      const own = await ferlab(name, '--help');
      expect(own).toMatchObject({ code: 0, err: '' });
      for (const { flags } of options) expect(own.out).toContain(flags);
      for (const [line] of examples) expect(own.out).toContain(`$ ${line}`);
    }
  });

  it('shows the defaults of the seed preset', async () => {
    const { out } = await ferlab('train', '--help');
    const flat = out.replaceAll(/\s+/g, ' ');
    expect(flat).toContain(
      'seed: filters of each convolution block, separated by commas (default: 64,128,256)',
    );
    expect(flat).toContain('resized to (default: 48x48)');
    expect(flat).toContain('(default: 1GiB)');
    expect(flat).toContain('largest shear angle (default: 0.2)');
  });

  it.each([
    [['train', 'd', '--epoch', '3'], "unknown option '--epoch'", '--epochs'],
    [['trian', 'd'], "unknown command 'trian'", 'train'],
    [['train', 'd', '--epochs', '-3'], 'train.epochs (--epochs): expected a positive integer, got -3', ''],
    [['train', 'd', '--epochs', 'many'], 'expected a positive integer, got "many"', ''],
    [
      ['train', 'd', '--monitor', 'val_acc'],
      'train.monitor (--monitor): expected one of val_accuracy, val_loss',
      '',
    ],
    [
      ['train', 'd', '--preset', 'sead'],
      'preset: expected one of seed, quick, tiny, medium, large, deepid, deepface, got "sead"',
      '',
    ],
    [['train', 'd', '--image-size', 'big'], '--image-size: expected a side or WIDTHxHEIGHT', ''],
    [
      ['train', 'd', '--memory-budget', '1 lot'],
      'data.memoryBudget (--memory-budget): expected a number of bytes',
      '',
    ],
    [
      ['train', 'd', '--conv-filters', '8,x'],
      'model.convFilters.1 (--conv-filters): expected a positive integer',
      '',
    ],
    [
      ['train', 'd', '--schedule', 'cosine', '--plateau-factor', '0.5'],
      '(--plateau-factor): expected schedule plateau, which alone has this setting; got cosine',
      '',
    ],
    [
      ['train', 'd', '--distill-temperature', '2'],
      'distillation.teachers (--teacher): expected a list of model files, got nothing, which distillation.temperature (--distill-temperature) needs',
      '',
    ],
    [
      ['train', 'd', '--soft-labels', 'v.csv', '--soft-label-weight', '2'],
      'softLabels.weight (--soft-label-weight): expected a number from 0 to 1, got 2',
      '',
    ],
    [['train', 'd', 'e'], 'too many arguments', ''],
    [['train'], 'expected a dataset or a run to resume, got neither', ''],
    [['train', 'd', '--resume', 'r', '--seed', '3'], "since the configuration is the run's; got --seed", ''],
    [
      ['train', '--resume', 'r', '--no-restore-best'],
      '--resume: expected the run folder, with --epochs or the places',
      '',
    ],
    [['evaluate'], "missing required argument 'dataset'", ''],
    [['evaluate', 'm.onnx'], 'expected a dataset after the model m.onnx, got none', ''],
    [['evaluate', 'm.onnx', 'd', 'e'], 'expected a model and one dataset, got m.onnx, d, e', ''],
    [['evaluate', 'd', 'e', '--model', 'm.onnx'], 'expected a model and one dataset, got m.onnx, d, e', ''],
    [['calibrate', 'm', 'd'], '--out: expected the calibrated model file to write, got none', ''],
    [['export', 'm'], '--out: expected the model file to write, got none', ''],
    [
      ['export', 'm', '--out', 'o', '--weights', 'int8'],
      '--weights: expected one of float16, got "int8"',
      '',
    ],
    [['evaluate', 'm', 'd', '--batch-size', '0'], '--batch-size: expected a positive integer, got "0"', ''],
    [
      ['evaluate', 'm', 'd', '--tta', 'crops'],
      '--tta: expected one of none, flip, ten-crop, got "crops"',
      '',
    ],
    [['predict'], "missing required argument 'files'", ''],
    [['predict', 'm.onnx'], 'expected images after the model m.onnx, got none', ''],
    [['predict', 'm', 'f', '--json', '--csv'], '--csv: expected one form of output', ''],
    [['predict', 'm', 'f', '--threads'], "option '--threads <n>' argument missing", ''],
  ])('refuses %j', async (argv, message, suggestion) => {
    const { code, out, err } = await ferlab(...argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^Error: /);
    expect(err).toContain(message);
    expect(err).toContain(suggestion);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('shows where an error comes from with --debug', async () => {
    expect((await ferlab('train', '--debug')).err).toMatch(/^\s+at .*train\.ts/m);
  });

  it('without a command, helps on standard error', async () => {
    const { code, out, err } = await ferlab();
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: ferlab');
  });
});

describe('training options', () => {
  it('cover every setting of the configuration, but what an argument or the preset gives', () => {
    const config = resolveTrainConfig('seed', { data: { path: 'd' } });
    const uncovered = settingPaths(config).filter(
      (path) =>
        ![...settableSettings].some((setting) => path === setting || path.startsWith(`${setting}.`)) &&
        ![...settableSettings].some((setting) => setting.startsWith(`${path}.`)),
    );
    expect(uncovered).toEqual([
      'preset',
      'data.path',
      'model.name',
      'model.batchNorm.epsilon',
      'optimizer.beta1',
      'optimizer.beta2',
      'optimizer.epsilon',
    ]);
  });

  it.each([
    ['imageSize', '64x32', { data: { imageSize: { width: 64, height: 32 } } }],
    ['imageSize', '64', { data: { imageSize: { width: 64, height: 64 } } }],
    ['memoryBudget', '512MiB', { data: { memoryBudget: 512 * 1024 ** 2 } }],
    ['memoryBudget', '1.5G', { data: { memoryBudget: 1.5 * 1024 ** 3 } }],
    ['memoryBudget', '1000', { data: { memoryBudget: 1000 } }],
    ['convFilters', '8, 16', { model: { convFilters: [8, 16] } }],
    ['dropout', '0.1', { model: { dropout: { conv: 0.1, dense: 0.1 } } }],
    ['dropout', '0.1,0.5', { model: { dropout: { conv: 0.1, dense: 0.5 } } }],
    ['batchNormMomentum', '0.9', { model: { batchNorm: { momentum: 0.9 } } }],
    ['patience', 'off', { train: { patience: null } }],
    ['brightness', '0.8,1.2', { augment: { brightness: [0.8, 1.2] } }],
    ['horizontalFlip', false, { augment: { horizontalFlip: false } }],
    ['crop', '44', { augment: { crop: 44 } }],
    ['crop', 'off', { augment: { crop: null } }],
    ['isotropicZoom', true, { augment: { isotropicZoom: true } }],
    ['restoreBest', false, { train: { restoreBest: false } }],
    ['teacher', 'a.onnx, b.onnx', { distillation: { teachers: ['a.onnx', 'b.onnx'] } }],
    ['teacher', '7', { distillation: { teachers: ['7'] } }],
    ['softLabels', 'votes.csv', { softLabels: { file: 'votes.csv' } }],
    ['softLabelWeight', '0.3', { softLabels: { weight: 0.3 } }],
    ['learningRate', '1e-4', { optimizer: { learningRate: 1e-4 } }],
  ])('%s %s becomes a value', (key, text, overrides) => {
    expect(trainOverrides({ [key]: text })).toEqual(overrides);
  });

  it('turn a section off as a whole, and refuse the rest of it then', () => {
    expect(trainOverrides({ mixup: 'off' })).toEqual({ train: { mixup: null } });
    expect(trainOverrides({ mixup: '0.2', mixupOffEpochs: '3' })).toEqual({
      train: { mixup: { alpha: 0.2, offEpochs: 3 } },
    });
    expect(() => trainOverrides({ mixup: 'off', mixupOffEpochs: '3' })).toThrow(
      /^--mixup-off-epochs: expected --mixup with a value, got --mixup off/,
    );
  });

  it('have names of their own', () => {
    const keys = describedTrainOptions('seed').map(({ flags }) => optionKey(flags));
    const twice = keys.filter((key, i) => keys.indexOf(key) !== i);
    // With --no-horizontal-flip and --no-isotropic-zoom.
    expect(twice).toEqual(['horizontalFlip', 'isotropicZoom']);
  });
});
