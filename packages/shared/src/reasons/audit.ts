import type { Numbers } from './facts.ts';

type Numbered = Numbers<'number'>;
/** The entry of a restore of the coordinator that the head may be older than; null if there is none. */
type Restored = { readonly restored: number | null };

function orFormer(restored: number): string {
  return `or the head was taken between the backup and the restore that entry ${restored} records, whose entries are lost with the former store`;
}

/** Why an audit log is not whole. */
export const auditReasons = {
  audit_entry_changed: 'entry {number} was changed: its content does not have its hash',
  audit_entry_unlinked: 'entry {number} does not follow the entry before it: one of the two was replaced',
  audit_entry_out_of_order: 'entry {number} stands after entry {after}: it was inserted',
  audit_entries_missing: ({ from, to }: Numbers<'from' | 'to'>) =>
    from === to ? `entry ${from} is missing` : `the entries ${from} to ${to} are missing`,
  audit_beginning_missing:
    'the log begins with entry {first}, and no entry records that the ones before it were removed',
  /** A removal found that some of these entries were missing already. */
  audit_removed_with_gaps: ({ number, upTo, missing }: Numbered & Numbers<'upTo' | 'missing'>) =>
    `when the entries up to ${upTo} were removed (entry ${number}), ${missing} ${missing === 1 ? 'entry was' : 'entries were'} missing already: somebody else had removed ${missing === 1 ? 'it' : 'them'}`,
  audit_end_missing: ({ last, head, restored }: Numbers<'last' | 'head'> & Restored) =>
    `the log ends with entry ${last}, but the head is of entry ${head}: ${
      restored === null
        ? 'the newest entries are missing'
        : `either the newest entries were cut off, ${orFormer(restored)}`
    }`,
  audit_head_differs: ({ number, restored }: Numbered & Restored) =>
    `entry ${number} has another hash than the head${
      restored === null ? '' : `: either somebody wrote the log again, ${orFormer(restored)}`
    }`,
  audit_head_too_old:
    'the head is of entry {number}, but the log begins with entry {first}: use a newer head, or an export that has that entry',
  audit_line_unreadable: 'line {line} is not an entry',
} as const;
