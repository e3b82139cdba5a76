const context = 3;
const mostLines = 120;

/**
 * The lines that differ, as a unified diff without line numbers of the second text: `-` was recorded, `+` was seen now. At
 * most 120 lines of it; the rest is counted.
 */
export function differences(recorded: string, seen: string): string {
  const [before, after] = [recorded.split('\n'), seen.split('\n')];
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const changes = edits(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  const start = Math.max(0, head - context);
  const all = [
    ...before.slice(start, head).map((line) => `  ${line}`),
    ...changes,
    ...before.slice(before.length - tail, before.length - tail + context).map((line) => `  ${line}`),
  ];
  const near = all.map((_, index) => all.slice(Math.max(0, index - context), index + context + 1).some(isChange));
  const lines = all.flatMap((line, index) => {
    if (near[index] === true) return [line];
    return near[index - 1] === true ? ['…'] : [];
  });
  const left = lines.length - mostLines;
  const shown = left > 0 ? [...lines.slice(0, mostLines), `… and ${left} more lines`] : lines;
  return [`from line ${start + 1} on (- recorded, + seen now):`, ...shown].join('\n');
}

function isChange(line: string): boolean {
  return line.startsWith('-') || line.startsWith('+');
}

/** By the longest common subsequence; for texts that are long and differ all over, all of one and all of the other. */
function edits(before: readonly string[], after: readonly string[]): string[] {
  if (before.length * after.length > 4_000_000) {
    return [...before.map((line) => `- ${line}`), ...after.map((line) => `+ ${line}`)];
  }
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const same = before[row] === after[column];
      longest[row * width + column] = same
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push(`  ${before[row]}`);
      row += 1;
      column += 1;
    } else if (row < before.length && (column === after.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`- ${before[row]}`);
      row += 1;
    } else {
      lines.push(`+ ${after[column]}`);
      column += 1;
    }
  }
  return lines;
}
