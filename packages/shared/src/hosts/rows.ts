import { CsvError, parse } from 'csv-parse/sync';
import { quote } from '../problems.ts';

/** One line with content: its number in the file, from 1, and its fields without surrounding spaces. */
export interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

/** The comma, the delimiter of spreadsheets in countries with a decimal comma, and the comma of a Chinese keyboard. */
const delimiters = [',', ';', '\t', '，'] as const;

/**
 * Splits a host list into its rows. It ignores blank lines, lines with only delimiters, and lines that begin with `#`. A field
 * may be quoted, but must end on its line, so that each row has one line number. Lines that cannot be split are reported in
 * `problems`.
 */
export function readRows(text: string): { readonly rows: Row[]; readonly problems: string[] } {
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((content, index) => ({ line: index + 1, content: content.trim() }))
    .filter(({ content }) => content !== '' && !content.startsWith('#'));
  const delimiter = delimiterOf(lines.map(({ content }) => content));
  const rows: Row[] = [];
  const problems: string[] = [];
  for (const { line, content } of lines) {
    const fields = cut(content, delimiter);
    if (fields === undefined)
      problems.push(
        `line ${line}: the quotes do not pair in ${quote(content)}; put a field in two double quotes or none`,
      );
    else if (fields.some((field) => field !== '')) rows.push({ line, fields });
  }
  return { rows, problems };
}

/** The delimiter that most lines contain; the comma if several are equal. */
function delimiterOf(lines: readonly string[]): string {
  const counted = delimiters.map((delimiter) => ({
    delimiter,
    count: lines.filter((line) => line.includes(delimiter)).length,
  }));
  return counted.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

/** Undefined if quotes do not pair. */
function cut(line: string, delimiter: string): string[] | undefined {
  try {
    const [fields = []] = parse(line, { delimiter, trim: true });
    return fields.map((field) => field.trim());
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}
