import type { ComponentChildren } from 'preact';
import type { RunStatus } from '../../execution/runSnapshot.js';

const words: Readonly<Record<RunStatus, string>> = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  ABORTED: 'stopped',
};

/** How a run stands: by word, and by colour beside it. */
export const Status = ({ status }: { status: RunStatus }) => (
  <span class={`status ${status.toLowerCase()}`}>{words[status]}</span>
);

/** A fault, told at once to who reads by ear. */
export const Alert = ({ error }: { error: { readonly message: string } | undefined }) =>
  error ? (
    <p class="alert" role="alert">
      {error.message}
    </p>
  ) : null;

/** Figures with their names; one that is not known is a dash. */
export function Figures({
  items,
}: {
  items: readonly (readonly [name: string, value: string | undefined, note?: string])[];
}) {
  return (
    <dl class="figures">
      {items.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value ?? '–'}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A table that scrolls in itself where the screen is narrow, and can be scrolled by keyboard. */
export function DataTable({
  caption,
  headings,
  rows,
}: {
  caption: string;
  /** A heading that ends in `#` is of numbers. */
  headings: readonly string[];
  rows: readonly (readonly ComponentChildren[])[];
}) {
  const numeric = headings.map((heading) => heading.endsWith('#'));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {headings.map((heading, column) => (
              <th key={heading} scope="col" class={numeric[column] ? 'n' : undefined}>
                {heading.replace(/ ?#$/, '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, column) =>
                column === 0 ? (
                  <th key={headings[column]} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={headings[column]} class={numeric[column] ? 'n' : undefined}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
