import Table from 'cli-table3';

const none = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const;

const framed = {
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

type Rows = readonly (readonly (string | number | null)[])[];

/**
 * A table without a frame, as wide as its longest cells. Nothing is wrapped or cut, so the output can be searched and piped.
 * A cell without a value has a `-`.
 */
export function renderTable(head: readonly string[], rows: Rows): string {
  const table = new Table({
    head: [...head],
    chars: none,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 3 },
  });
  for (const row of rows) table.push(row.map((cell) => cell ?? '-'));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A table as etcdctl prints one: framed, with centred headings, and its cells aligned to the right. */
export function etcdctlTable(head: readonly string[], rows: Rows): string {
  const table = new Table({
    head: [...head],
    chars: framed,
    colAligns: head.map(() => 'center' as const),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map((cell) => ({ content: cell ?? '-', hAlign: 'right' as const })));
  return table.toString();
}
