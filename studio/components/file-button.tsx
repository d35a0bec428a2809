// A button that opens the system's choice of files, or of a folder.

import { useRef } from 'preact/hooks';
import { Button, type ButtonProps } from './button.js';

export interface FileButtonProps extends Omit<ButtonProps, 'onClick'> {
  onFiles(files: File[]): void;
  /** Kinds of files, as an input takes them: `image/*`. */
  accept?: string;
  multiple?: boolean;
  /** A folder with all that is below it, instead of files. */
  folder?: boolean;
}

export function FileButton({ onFiles, accept, multiple, folder, ...button }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  const take = () => {
    const files = [...(input.current?.files ?? [])];
    if (files.length > 0) onFiles(files);
    // So that the same file can be chosen again.
    if (input.current) input.current.value = '';
  };
  return (
    <>
      <Button {...button} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        multiple={multiple || folder}
        {...(folder ? { webkitdirectory: true } : {})}
        onChange={take}
      />
    </>
  );
}
