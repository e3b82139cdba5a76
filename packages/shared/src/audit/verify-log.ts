import { AuditEntry, type AuditHead } from '../protocol/audit.ts';
import { misfit } from '../protocol/check.ts';
import { type Reason, reason } from '../reasons/reason.ts';
import { entryHash, noHash } from './entry-hash.ts';

/** How the log names the restore of a coordinator. */
export const restoreAction = 'picket-coordinator restore';

/** What is found in an audit log. */
export interface AuditVerdict {
  /** From here on nothing is missing unless a problem says so. null for an empty log. */
  readonly first: number | null;
  readonly head: AuditHead | null;
  /** The first ones; empty for a log that is whole. */
  readonly problems: readonly Reason[];
}

const mostProblems = 20;

interface Found {
  readonly problem: Reason;
  /** Asked once the log was read: a later entry may record that these entries were removed. */
  readonly isExplained?: () => boolean;
}

/**
 * Checks an audit log, entry by entry from the oldest on. It finds each entry that was changed, removed or inserted,
 * unless all hashes after it were computed again or the newest entries were cut off. These two show only in a head that
 * was stored elsewhere. Entries may be missing if a later entry records their removal: retention may go on while a log is
 * read.
 */
export function auditVerifier(heads: readonly AuditHead[]) {
  const problems: Found[] = [];
  const unseen = new Set(heads);
  /** The removals that the log records, by the last number that they removed: its hash. */
  const removed = new Map<number, string>();
  /** Each entry behind a gap in the numbers. */
  const behindGaps: AuditEntry[] = [];
  const restores: number[] = [];
  let first: AuditEntry | null = null;
  let last: AuditEntry | null = null;

  function report(problem: Reason, isExplained?: () => boolean): void {
    if (problems.length < mostProblems) problems.push({ problem, ...(isExplained && { isExplained }) });
  }

  /** The last restore that a head of this number may be older than; null if there is none. */
  function restoredBy(number: number): number | null {
    return restores.findLast((one) => one <= number) ?? null;
  }

  function judgeHeads(entry: AuditEntry): void {
    for (const head of unseen) {
      // Still unseen: its own entry is not there.
      const before = head.number === entry.number - 1;
      if (head.number !== entry.number && !before) continue;
      unseen.delete(head);
      if ((before ? entry.previous : entry.hash) === head.hash) continue;
      report(reason('audit_head_differs', { number: head.number, restored: restoredBy(head.number) }));
    }
  }

  function judgePlace(entry: AuditEntry, before: AuditEntry): void {
    const { number, previous } = entry;
    if (number <= before.number) report(reason('audit_entry_out_of_order', { number, after: before.number }));
    else if (number > before.number + 1) {
      behindGaps.push(entry);
      const missing = reason('audit_entries_missing', { from: before.number + 1, to: number - 1 });
      report(missing, () => isAfterRemoval(entry));
    } else if (previous !== before.hash) report(reason('audit_entry_unlinked', { number }));
  }

  function isAfterRemoval({ number, previous }: AuditEntry): boolean {
    return removed.get(number - 1) === previous;
  }

  function judgeBeginning(entry: AuditEntry): void {
    const isWhole = entry.number === 1 ? entry.previous === noHash : isAfterRemoval(entry);
    if (!isWhole) report(reason('audit_beginning_missing', { first: entry.number }));
  }

  function readRemoval({ number, after }: AuditEntry): void {
    const { number: upTo, hash, missing } = after ?? {};
    if (typeof upTo !== 'number' || typeof hash !== 'string') return;
    removed.set(upTo, hash);
    if (typeof missing === 'number') report(reason('audit_removed_with_gaps', { number, upTo, missing }));
  }

  return {
    /** Takes the next entry, as it was received. @returns false if it is no entry */
    take(received: unknown): boolean {
      if (misfit(AuditEntry, received) !== undefined) return false;
      const entry = received as AuditEntry;
      if (last !== null) judgePlace(entry, last);
      first ??= entry;
      if (entryHash(entry) !== entry.hash) report(reason('audit_entry_changed', { number: entry.number }));
      if (entry.kind === 'command' && entry.action === restoreAction) restores.push(entry.number);
      judgeHeads(entry);
      if (entry.kind === 'removal') readRemoval(entry);
      last = entry;
      return true;
    },

    /** Once all entries were taken. */
    end(): AuditVerdict {
      if (first !== null) judgeBeginning(first);
      // What was read before the last removal is no longer in the log.
      const begins = behindGaps.findLast(isAfterRemoval) ?? first;
      const ends = last?.number ?? 0;
      for (const { number } of unseen) {
        if (number > ends)
          report(reason('audit_end_missing', { last: ends, head: number, restored: restoredBy(number) }));
        else if (number < (begins?.number ?? 1))
          report(reason('audit_head_too_old', { number, first: begins?.number ?? 1 }));
      }
      return {
        first: begins?.number ?? null,
        head: last && { number: last.number, hash: last.hash },
        problems: problems.flatMap(({ problem, isExplained }) => (isExplained?.() === true ? [] : [problem])),
      };
    },
  };
}
