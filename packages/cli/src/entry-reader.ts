import { type AuditVerdict, auditVerifier } from '@picket/shared/audit/verify-log.ts';
import { parseJson } from '@picket/shared/parse-json.ts';
import type { AuditHead } from '@picket/shared/protocol/audit.ts';
import { reason } from '@picket/shared/reasons/reason.ts';

/** More than any entry of a coordinator. */
const longestLine = 1_048_576;

/** Reads an export of the audit log, which arrives in pieces of any size, and checks it. */
export function entryReader(heads: readonly AuditHead[]) {
  const verifier = auditVerifier(heads);
  const decoder = new TextDecoder();
  let rest = '';
  let line = 0;
  /** The first line that is no entry: what follows is not read. */
  let unreadable: number | null = null;

  function read(text: string): void {
    line += 1;
    if (unreadable === null && !verifier.take(parseJson(text))) unreadable = line;
  }

  return {
    take(octets: Uint8Array): void {
      if (unreadable !== null) return;
      const lines = (rest + decoder.decode(octets, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) read(text);
      if (rest.length > longestLine) unreadable ??= line + 1;
    },

    end(): AuditVerdict {
      if (rest !== '') read(rest);
      const verdict = verifier.end();
      if (unreadable === null) return verdict;
      return { ...verdict, problems: [reason('audit_line_unreadable', { line: unreadable }), ...verdict.problems] };
    },
  };
}
