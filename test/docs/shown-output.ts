/** A command that a page shows, and the lines below it. */
export interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

/** The code blocks of a page of Markdown that name no language, each as its lines. */
export function blocksOf(page: string): readonly (readonly string[])[] {
  const blocks = page.matchAll(/^( *)```(\w*)\n(.*?)^ *```$/gms);
  return [...blocks].flatMap(([, indent = '', language, text = '']) => {
    if (language !== '') return [];
    const lines = text.trimEnd().split('\n');
    return [lines.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))];
  });
}

/** What follows a prompt in these blocks: `$ ` of an operator, `# ` of root on a node. The first line of a block says which. */
export function commandsOf(blocks: readonly (readonly string[])[]): readonly Shown[] {
  return blocks.flatMap((lines) => {
    const prompt = ['$ ', '# '].find((start) => lines[0]?.startsWith(start));
    if (prompt === undefined) return [];
    const shown: { command: string; output: string[] }[] = [];
    for (const line of lines) {
      if (line.startsWith(prompt)) shown.push({ command: line.slice(prompt.length), output: [] });
      else shown.at(-1)?.output.push(line);
    }
    return shown;
  });
}

/**
 * The first line of `shown` that `said` does not have, in this order; undefined if it has all of them. `…` in a page stands
 * for what the page leaves out. IDs, times, sizes and counts count as the same.
 */
export function unlike(shown: readonly string[], said: string): string | undefined {
  const rest = said.split('\n').map(comparable);
  return shown.find((line) => {
    const pattern = new RegExp(`^${comparable(line).split('…').map(literally).join('.*')}$`);
    if (line.trim() === '…') return false;
    const at = rest.findIndex((one) => pattern.test(one));
    if (at < 0) return true;
    rest.splice(0, at + 1);
    return false;
  });
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function comparable(line: string): string {
  return (
    line
      .replace(/\/tmp\/tmp\.\w+/g, '/tmp/tmp.<random>')
      .replace(/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z)?/g, '<time>')
      .replace(/\b[0-9a-f]{12,}\b/g, '<id>')
      // The head of an audit log.
      .replace(/\b\d+:<id>/g, '<id>')
      .replace(/\b\d+(?:\.\d+)?(?= ?(?:s|ms|d|bytes|kB|MB|GB|MiB)\b)/g, '<figure>')
      .replace(/(?<=\| )\d+(?:\/\d+)? *(?=\|)/g, '<figure> ')
      .replace(/(?<= {3})\d+(?:\/\d+)?(?= {3}|$)/g, '<figure>')
      .replace(/ +/g, ' ')
      .trimEnd()
  );
}
