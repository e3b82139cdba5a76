/** A row of a table that etcdctl draws: what stands in it, by the heading of its column. */
export type Row = ReadonlyMap<string, string>;

/**
 * Reads `etcdctl … -w table` by the names of its columns: later versions have more of them, and in other places. Debian's
 * etcdctl 3.5.30 draws with box characters.
 */
export function readTable(table: string): readonly Row[] {
  const [head = [], ...rows] = table
    .split('\n')
    .filter((line) => /^[|│]/.test(line))
    .map((line) =>
      line
        .split(/[|│]/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return rows.map((cells) => new Map(head.map((name, index) => [name, cells[index] ?? ''])));
}
