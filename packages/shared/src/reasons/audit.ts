type Numbered = { readonly number: number };

/** Why an audit log is not whole. */
export const auditReasons = {
  audit_entry_changed: ({ number }: Numbered) => `entry ${number} was changed: its content does not have its hash`,
  audit_entry_unlinked: ({ number }: Numbered) =>
    `entry ${number} does not follow the entry before it: one of the two was replaced`,
  audit_entry_out_of_order: ({ number, after }: Numbered & { readonly after: number }) =>
    `entry ${number} stands after entry ${after}: it was inserted`,
  audit_entries_missing: ({ from, to }: { readonly from: number; readonly to: number }) =>
    from === to ? `entry ${from} is missing` : `the entries ${from} to ${to} are missing`,
  audit_beginning_missing: ({ first }: { readonly first: number }) =>
    `the log begins with entry ${first}, and no entry records that the ones before it were removed`,
  audit_end_missing: ({ last, head }: { readonly last: number; readonly head: number }) =>
    `the log ends with entry ${last}, but the head is of entry ${head}: the newest entries are missing`,
  audit_head_differs: ({ number }: Numbered) => `entry ${number} has another hash than the head`,
  audit_head_too_old: ({ number, first }: Numbered & { readonly first: number }) =>
    `the head is of entry ${number}, but the log begins with entry ${first}: use a newer head, or an export that has that entry`,
  audit_line_unreadable: ({ line }: { readonly line: number }) => `line ${line} is not an entry`,
} as const;
