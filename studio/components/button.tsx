// A button: the plain one, the one to press next, the one that stays in the background.

import type { ComponentChildren } from 'preact';

export interface ButtonProps {
  children: ComponentChildren;
  onClick(): void;
  kind?: 'plain' | 'primary' | 'quiet';
  disabled?: boolean;
  /** Says what it does where it shows a symbol alone. */
  label?: string;
  iconOnly?: boolean;
  pressed?: boolean;
}

export function Button({
  children,
  onClick,
  kind = 'plain',
  disabled,
  label,
  iconOnly,
  pressed,
}: ButtonProps) {
  return (
    <button
      type="button"
      class={`button ${kind}${iconOnly ? ' icon-only' : ''}`}
      disabled={disabled}
      aria-label={label}
      aria-pressed={pressed}
      title={iconOnly ? label : undefined}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
