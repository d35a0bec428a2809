// One of a few: a row of choices of which one is on.

import type { ComponentChildren } from 'preact';

export interface Segment<Value extends string> {
  value: Value;
  content: ComponentChildren;
}

export function Segments<Value extends string>({
  label,
  name,
  segments,
  value,
  onChange,
}: {
  /** For screen readers. */
  label: string;
  /** Of the group, alone in the page. */
  name: string;
  segments: readonly Segment<Value>[];
  value: Value;
  onChange(value: Value): void;
}) {
  return (
    <fieldset class="segments">
      <legend class="hidden-text">{label}</legend>
      {segments.map((segment) => (
        <label key={segment.value}>
          <input
            type="radio"
            name={name}
            value={segment.value}
            checked={segment.value === value}
            onChange={() => onChange(segment.value)}
          />
          {segment.content}
        </label>
      ))}
    </fieldset>
  );
}
