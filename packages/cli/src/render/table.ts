import Table from 'cli-table3';

const ascii = {
  top: '-',
  'top-mid': '+',
  'top-left': '+',
  'top-right': '+',
  bottom: '-',
  'bottom-mid': '+',
  'bottom-left': '+',
  'bottom-right': '+',
  left: '|',
  'left-mid': '+',
  mid: '-',
  'mid-mid': '+',
  right: '|',
  'right-mid': '+',
  middle: '|',
} as const;

/** etcdctl centres its headings and aligns its cells to the right. Text is easier to read aligned to the left. */
export type Alignment = 'as-etcdctl' | 'left';

/**
 * An ASCII table, as wide as its longest cells. Nothing is wrapped or cut, so the output can be searched and piped. A cell without
 * a value has a `-`.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
  alignment: Alignment = 'left',
): string {
  const [headAlign, cellAlign] = alignment === 'left' ? (['left', 'left'] as const) : (['center', 'right'] as const);
  const table = new Table({
    head: [...head],
    chars: ascii,
    colAligns: head.map(() => headAlign),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map((cell) => ({ content: cell ?? '-', hAlign: cellAlign })));
  return table.toString();
}
