import { AuditEntry, type AuditHead } from '../protocol/audit.ts';
import { misfit } from '../protocol/check.ts';
import { type Reason, reason } from '../reasons/reason.ts';
import { entryHash, noHash } from './entry-hash.ts';

/** What is found in an audit log. */
export interface AuditVerdict {
  /** null for an empty log. */
  readonly first: number | null;
  readonly head: AuditHead | null;
  /** The first ones; empty for a log that is whole. */
  readonly problems: readonly Reason[];
}

const mostProblems = 20;

/**
 * Checks an audit log, entry by entry from the oldest on. It finds each entry that was changed, removed or inserted,
 * unless all hashes after it were computed again or the newest entries were cut off. These two show only in a head that
 * was stored elsewhere.
 */
export function auditVerifier(heads: readonly AuditHead[]) {
  const problems: Reason[] = [];
  const unseen = new Set(heads);
  /** The removals that the log records, by the last number that they removed: its hash. */
  const removed = new Map<number, string>();
  let first: AuditEntry | null = null;
  let last: AuditEntry | null = null;

  function report(problem: Reason): void {
    if (problems.length < mostProblems) problems.push(problem);
  }

  function judgeHeads(entry: AuditEntry): void {
    for (const head of unseen) {
      const before = head.number === entry.number - 1 && first === entry;
      if (head.number !== entry.number && !before) continue;
      unseen.delete(head);
      if ((before ? entry.previous : entry.hash) !== head.hash) report(reason('audit_head_differs', head));
    }
  }

  function judgePlace({ number, previous }: AuditEntry, before: AuditEntry): void {
    if (number <= before.number) report(reason('audit_entry_out_of_order', { number, after: before.number }));
    else if (number > before.number + 1)
      report(reason('audit_entries_missing', { from: before.number + 1, to: number - 1 }));
    else if (previous !== before.hash) report(reason('audit_entry_unlinked', { number }));
  }

  function judgeBeginning({ number, previous }: AuditEntry): void {
    const isWhole = number === 1 ? previous === noHash : removed.get(number - 1) === previous;
    if (!isWhole) report(reason('audit_beginning_missing', { first: number }));
  }

  return {
    /** Takes the next entry, as it was received. @returns false if it is no entry */
    take(received: unknown): boolean {
      if (misfit(AuditEntry, received) !== undefined) return false;
      const entry = received as AuditEntry;
      if (last !== null) judgePlace(entry, last);
      first ??= entry;
      if (entryHash(entry) !== entry.hash) report(reason('audit_entry_changed', { number: entry.number }));
      judgeHeads(entry);
      if (entry.kind === 'removal') {
        const { number, hash } = entry.after ?? {};
        if (typeof number === 'number' && typeof hash === 'string') removed.set(number, hash);
      }
      last = entry;
      return true;
    },

    /** Once all entries were taken. */
    end(): AuditVerdict {
      if (first !== null) judgeBeginning(first);
      for (const head of unseen) {
        const ends = last?.number ?? 0;
        if (head.number > ends) report(reason('audit_end_missing', { last: ends, head: head.number }));
        else if (head.number < (first?.number ?? 1))
          report(reason('audit_head_too_old', { number: head.number, first: first?.number ?? 1 }));
      }
      return { first: first?.number ?? null, head: last && { number: last.number, hash: last.hash }, problems };
    },
  };
}
