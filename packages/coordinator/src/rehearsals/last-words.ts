import { lineInWords } from '@picket/shared/etcd-log/line-in-words.ts';
import { withoutSecrets } from '@picket/shared/secrets.ts';

/** The lines in which a program says why it ended: those of a panic or a refused flag, after which comes a trace or its usage, and those of its log. Pure. */
export function errorLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) =>
    /^panic: |^Error: |^flag (?:provided|needs) |^invalid (?:boolean )?value |"level":"(?:fatal|panic|error)"/.test(
      line,
    ),
  );
}

/** One line that says why a program ended: the first of its errors, or else its last line, without JSON. Without secrets (R11). Pure. */
export function lastWords(lines: readonly string[]): string {
  return withoutSecrets(lineInWords(errorLines(lines)[0] ?? lines.at(-1) ?? '').text).slice(0, 300);
}
