// Chooses a model of the list, and opens one from a file.

import { useId, useState } from 'preact/hooks';
import { addModelBytes, type ModelEntry, models } from '../engine/studio.js';
import { asFailure } from '../words/failures.js';
import { FileButton } from './file-button.js';
import { Icon } from './icon.js';
import { Notice } from './notice.js';

function modelTitle({ name, accuracy, origin, classes }: ModelEntry): string {
  const shown = name === 'ferlab' ? 'the model of ferlab' : name;
  if (accuracy !== null) return `${shown} \u00b7 ${(accuracy * 100).toFixed(1)}% in validation`;
  return origin === 'server' ? shown : `${shown} \u00b7 ${classes.length} classes`;
}

export function ModelChoice({
  label,
  value,
  onChange,
  none,
}: {
  label: string;
  /** An id; null for none. */
  value: string | null;
  onChange(id: string | null): void;
  /** Words for choosing none, where that can be chosen. */
  none?: string;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value ?? ''}
        onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? null : currentTarget.value)}
      >
        {none !== undefined && <option value="">{none}</option>}
        {models.value.map((model) => (
          <option key={model.id} value={model.id}>
            {modelTitle(model)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Opens an .onnx file from this machine. */
export function OpenModelButton({ onOpened }: { onOpened(model: ModelEntry): void }) {
  const [failure, setFailure] = useState<string | null>(null);
  const open = async ([file]: File[]) => {
    setFailure(null);
    try {
      onOpened(await addModelBytes(new Uint8Array(await file!.arrayBuffer()), file!.name, 'dropped'));
    } catch (error) {
      setFailure(asFailure(error).message);
    }
  };
  return (
    <>
      <FileButton kind="quiet" accept=".onnx" onFiles={(files) => void open(files)}>
        <Icon name="plus" /> Open a model file
      </FileButton>
      {failure !== null && <Notice kind="error">{failure}</Notice>}
    </>
  );
}
